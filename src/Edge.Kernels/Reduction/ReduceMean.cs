using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Reduction;

/// <summary>The sum divided by the number of elements; NaN for an empty set, integers truncate.</summary>
public readonly struct ReduceMean : ILaneReducer
{
    public static string Name => "Mean";

    public static double Identity => 0;

    public static T Map<T>(T x) where T : INumber<T> => x;

    public static T Combine<T>(T a, T b) where T : INumber<T> => a + b;

    public static bool Finishes => true;

    public static double Finish(double value, long count) => value / count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MapLanes<T>(T x) where T : struct, ILanes<T> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T CombineLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Add(a, b);
}
