using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a | b, bit by bit</summary>
public readonly struct BitwiseOr : IBitwiseFormula
{
    public static string Name => "BitwiseOr";

    public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T> => a | b;
}
