using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a * 2^b of unsigned integers; 0 once every bit is shifted out</summary>
public readonly struct ShiftLeft : IBitwiseFormula
{
    public static string Name => "ShiftLeft";

    public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T> => b < T.CreateTruncating(NumberKind<T>.Bits) ? a << int.CreateTruncating(b) : T.Zero;
}
