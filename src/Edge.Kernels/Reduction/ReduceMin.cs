using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Reduction;

/// <summary>The least element; NaN if one is NaN; the largest value of the type (inf for floats) for an empty set.</summary>
public readonly struct ReduceMin : ILaneReducer
{
    public static string Name => "Min";

    public static double Identity => double.PositiveInfinity;

    public static T Map<T>(T x) where T : INumber<T> => x;

    public static T Combine<T>(T a, T b) where T : INumber<T> => T.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MapLanes<T>(T x) where T : struct, ILanes<T> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T CombineLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Min(a, b);
}
