using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a &amp; b of bools stored as 0 or 1</summary>
public readonly struct And : IBitwiseFormula
{
    public static string Name => "And";

    public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T> => a & b;
}
