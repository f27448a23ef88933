using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x if x &gt;= 0, else alpha * (exp(x / alpha) - 1)</summary>
public readonly struct Celu : IDifferentiable
{
    public static string Name => "Celu";

    public static float DefaultAlpha => 1f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(x, T.Splat(0f)), T.Multiply(alpha, T.Subtract(LaneMath.Exp(T.Divide(x, alpha)), T.Splat(1f))), x);

    public static double Apply(double x, double alpha, double beta) => x < 0 ? alpha * (Math.Exp(x / alpha) - 1) : x;

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>1 if x &gt; 0, else exp(x / alpha)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(T.Splat(0f), v), T.Splat(1f), LaneMath.Exp(T.Divide(v, alpha)));

    public static double Slope(double v, double alpha, double beta) => v > 0 ? 1 : Math.Exp(v / alpha);
}
