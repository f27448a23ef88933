using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>max(0, min(1, alpha * x + beta))</summary>
public readonly struct HardSigmoid : IDifferentiable
{
    public static string Name => "HardSigmoid";

    public static float DefaultAlpha => 0.2f;

    public static float DefaultBeta => 0.5f;

    public static ActivationKind Activation => ActivationKind.HardSigmoid;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.AtLeast(T.AtMost(T.MultiplyAdd(alpha, x, beta), T.Splat(1f)), T.Splat(0f));

    public static double Apply(double x, double alpha, double beta) => Math.Max(0, Math.Min(1, (alpha * x) + beta));

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>alpha where 0 &lt; f(x) &lt; 1, else 0</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(T.Splat(0f), v), T.Select(T.LessThan(v, T.Splat(1f)), alpha, T.Splat(0f)), T.Splat(0f));

    public static double Slope(double v, double alpha, double beta) => v > 0 && v < 1 ? alpha : 0;
}
