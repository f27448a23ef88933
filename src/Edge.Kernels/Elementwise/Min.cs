using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the smaller of a and b; NaN if either is</summary>
public readonly struct Min : IBinaryLaneFormula
{
    public static string Name => "Min";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ApplyLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Min(a, b);

    public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => T.Min(a, b);
}
