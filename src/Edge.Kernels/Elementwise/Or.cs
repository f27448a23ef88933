using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a | b of bools stored as 0 or 1</summary>
public readonly struct Or : IBitwiseFormula
{
    public static string Name => "Or";

    public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T> => a | b;
}
