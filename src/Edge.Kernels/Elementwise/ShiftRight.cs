using System.Numerics;

namespace Edge.Kernels.Elementwise;

/// <summary>a / 2^b of unsigned integers; 0 once every bit is shifted out</summary>
public readonly struct ShiftRight : IBitwiseFormula
{
    public static string Name => "ShiftRight";

    public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T> => b < T.CreateTruncating(NumberKind<T>.Bits) ? a >> int.CreateTruncating(b) : T.Zero;
}
