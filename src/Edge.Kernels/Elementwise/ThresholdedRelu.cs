using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x if x &gt; alpha, else 0, also for NaN</summary>
public readonly struct ThresholdedRelu : IUnaryFormula
{
    public static string Name => "ThresholdedRelu";

    public static float DefaultAlpha => 1f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(alpha, x), x, T.Splat(0f));

    public static double Apply(double x, double alpha, double beta) => x > alpha ? x : 0;
}
