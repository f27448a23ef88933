using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x if x &gt;= 0, else alpha * x</summary>
public readonly struct LeakyRelu : IDifferentiable
{
    public static string Name => "LeakyRelu";

    public static float DefaultAlpha => 0.01f;

    public static ActivationKind Activation => ActivationKind.LeakyRelu;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(x, T.Splat(0f)), T.Multiply(alpha, x), x);

    public static double Apply(double x, double alpha, double beta) => x < 0 ? alpha * x : x;

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>1 if x &gt; 0, else alpha</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(T.Splat(0f), v), T.Splat(1f), alpha);

    public static double Slope(double v, double alpha, double beta) => v > 0 ? 1 : alpha;
}
