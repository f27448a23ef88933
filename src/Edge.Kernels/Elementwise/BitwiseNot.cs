using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>every bit inverted: -x - 1 in two's complement, wrapping</summary>
public readonly struct BitwiseNot : IIntegerFormula
{
    public static string Name => "BitwiseNot";

    public static T Apply<T>(T x, T alpha, T beta) where T : unmanaged, INumber<T> => T.Zero - x - T.One;
}
