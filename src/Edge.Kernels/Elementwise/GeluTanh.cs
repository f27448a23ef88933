using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), the approximation of Gelu</summary>
public readonly struct GeluTanh : IDifferentiable
{
    public static string Name => "GeluTanh";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T>
    {
        T cubic = T.MultiplyAdd(T.Multiply(T.Multiply(x, x), x), T.Splat(0.044715f), x);
        T tanh = LaneMath.Tanh(T.Multiply(cubic, T.Splat(0.79788456080286536f)));
        return T.Multiply(T.Multiply(x, T.Splat(0.5f)), T.Add(T.Splat(1f), tanh));
    }

    public static double Apply(double x, double alpha, double beta) => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>(1 + t) / 2 + x / 2 (1 - t^2) sqrt(2 / pi) (1 + 3 * 0.044715 x^2), where t is the tanh of the function</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T>
    {
        T square = T.Multiply(v, v);
        T cubic = T.MultiplyAdd(T.Multiply(square, v), T.Splat(0.044715f), v);
        T t = LaneMath.Tanh(T.Multiply(cubic, T.Splat(0.79788456080286536f)));
        T inner = T.Multiply(T.Splat(0.79788456080286536f), T.MultiplyAdd(T.Splat(0.134145f), square, T.Splat(1f)));
        T curve = T.Multiply(T.Subtract(T.Splat(1f), T.Multiply(t, t)), inner);
        return T.Multiply(T.Splat(0.5f), T.MultiplyAdd(v, curve, T.Add(T.Splat(1f), t)));
    }

    public static double Slope(double v, double alpha, double beta)
    {
        double factor = Math.Sqrt(2 / Math.PI);
        double t = Math.Tanh(factor * (v + (0.044715 * v * v * v)));
        return ((1 + t) / 2) + (v / 2 * (1 - (t * t)) * factor * (1 + (3 * 0.044715 * v * v)));
    }
}
