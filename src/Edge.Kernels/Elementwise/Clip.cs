using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>min(max(x, alpha), beta); NaN stays</summary>
public readonly struct Clip : IDifferentiable, IIntegerFormula
{
    public static string Name => "Clip";

    public static float DefaultAlpha => float.NegativeInfinity;

    public static float DefaultBeta => float.PositiveInfinity;

    public static ActivationKind Activation => ActivationKind.Clip;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.AtMost(T.AtLeast(x, alpha), beta);

    public static double Apply(double x, double alpha, double beta) => Math.Min(Math.Max(x, alpha), beta);

    static T IIntegerFormula.Apply<T>(T x, T alpha, T beta) => T.Min(T.Max(x, alpha), beta);

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>1 in [alpha, beta], else 0</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(v, alpha), T.Splat(0f), T.Select(T.LessThan(beta, v), T.Splat(0f), T.Splat(1f)));

    public static double Slope(double v, double alpha, double beta) => v < alpha || v > beta ? 0 : 1;
}
