using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x if x &gt;= 0, else alpha * (exp(x) - 1)</summary>
public readonly struct Elu : IDifferentiable
{
    public static string Name => "Elu";

    public static float DefaultAlpha => 1f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(x, T.Splat(0f)), T.Multiply(alpha, T.Subtract(LaneMath.Exp(x), T.Splat(1f))), x);

    public static double Apply(double x, double alpha, double beta) => x < 0 ? alpha * (Math.Exp(x) - 1) : x;

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>1 if x &gt; 0, else f(x) + alpha</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(T.Splat(0f), v), T.Splat(1f), T.Add(v, alpha));

    public static double Slope(double v, double alpha, double beta) => v > 0 ? 1 : v + alpha;
}
