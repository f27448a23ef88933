using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>a * b</summary>
public readonly struct Mul : IBinaryLaneFormula
{
    public static string Name => "Mul";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ApplyLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Multiply(a, b);

    public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => a * b;
}
