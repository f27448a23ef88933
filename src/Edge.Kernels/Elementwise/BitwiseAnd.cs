using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a &amp; b, bit by bit</summary>
public readonly struct BitwiseAnd : IBitwiseFormula
{
    public static string Name => "BitwiseAnd";

    public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T> => a & b;
}
