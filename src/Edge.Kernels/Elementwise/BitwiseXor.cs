using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a ^ b, bit by bit</summary>
public readonly struct BitwiseXor : IBitwiseFormula
{
    public static string Name => "BitwiseXor";

    public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T> => a ^ b;
}
