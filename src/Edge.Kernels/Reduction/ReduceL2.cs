using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Reduction;

/// <summary>The square root of the sum of squares.</summary>
public readonly struct ReduceL2 : ILaneReducer
{
    public static string Name => "L2";

    public static double Identity => 0;

    public static T Map<T>(T x) where T : INumber<T> => x * x;

    public static T Combine<T>(T a, T b) where T : INumber<T> => a + b;

    public static bool Finishes => true;

    public static double Finish(double value, long count) => Math.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MapLanes<T>(T x) where T : struct, ILanes<T> => T.Multiply(x, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T CombineLanes<T>(T a, T b) where T : struct, ILanes<T> => T.Add(a, b);
}
