using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x if x &gt; alpha, else 0, also for NaN</summary>
public readonly struct ThresholdedRelu : IDifferentiable
{
    public static string Name => "ThresholdedRelu";

    public static float DefaultAlpha => 1f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(alpha, x), x, T.Splat(0f));

    public static double Apply(double x, double alpha, double beta) => x > alpha ? x : 0;

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>1 if x &gt; alpha, else 0</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(alpha, v), T.Splat(1f), T.Splat(0f));

    public static double Slope(double v, double alpha, double beta) => v > alpha ? 1 : 0;
}
