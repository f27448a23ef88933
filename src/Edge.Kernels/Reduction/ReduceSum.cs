using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Reduction;

/// <summary>The sum.</summary>
public readonly struct ReduceSum : ILaneReducer
{
    public static string Name => "Sum";

    public static double Identity => 0;

    public static T Map<T>(T x) where T : INumber<T> => x;

    public static T Combine<T>(T a, T b) where T : INumber<T> => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MapLanes<T>(T x) where T : struct, ILanes<T> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T CombineLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Add(a, b);
}
