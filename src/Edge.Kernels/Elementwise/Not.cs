using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>the negation of a bool stored as 0 or 1</summary>
public readonly struct Not : IIntegerFormula
{
    public static string Name => "Not";

    public static T Apply<T>(T x, T alpha, T beta) where T : unmanaged, INumber<T> => T.One - x;
}
