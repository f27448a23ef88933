using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>beta * x if x &gt;= 0, else beta * alpha * (exp(x) - 1); beta is called gamma in ONNX</summary>
public readonly struct Selu : IDifferentiable
{
    public static string Name => "Selu";

    public static float DefaultAlpha => 1.67326319217681884765625f;

    public static float DefaultBeta => 1.05070102214813232421875f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Multiply(beta, T.Select(T.LessThan(x, T.Splat(0f)), T.Multiply(alpha, T.Subtract(LaneMath.Exp(x), T.Splat(1f))), x));

    public static double Apply(double x, double alpha, double beta) => beta * (x < 0 ? alpha * (Math.Exp(x) - 1) : x);

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>beta if x &gt; 0, else f(x) + alpha * beta</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(T.Splat(0f), v), beta, T.MultiplyAdd(alpha, beta, v));

    public static double Slope(double v, double alpha, double beta) => v > 0 ? beta : v + (alpha * beta);
}
