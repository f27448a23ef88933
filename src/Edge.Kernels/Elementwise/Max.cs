using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the larger of a and b; NaN if either is</summary>
public readonly struct Max : IBinaryLaneFormula
{
    public static string Name => "Max";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ApplyLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Max(a, b);

    public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => T.Max(a, b);
}
