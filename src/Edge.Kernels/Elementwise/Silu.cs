using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x * sigmoid(alpha * x), called Swish in ONNX</summary>
public readonly struct Silu : IDifferentiable
{
    public static string Name => "Silu";

    public static float DefaultAlpha => 1f;

    public static ActivationKind Activation => ActivationKind.Silu;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Swish(x, alpha);

    public static double Apply(double x, double alpha, double beta) => x * (1 / (1 + Math.Exp(-alpha * x)));

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>s + alpha x s (1 - s) with s = sigmoid(alpha x)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T>
    {
        T s = LaneMath.Sigmoid(T.Multiply(alpha, v));
        return T.MultiplyAdd(T.Multiply(T.Multiply(alpha, v), s), T.Subtract(T.Splat(1f), s), s);
    }

    public static double Slope(double v, double alpha, double beta)
    {
        double s = 1 / (1 + Math.Exp(-alpha * v));
        return s + (alpha * v * s * (1 - s));
    }
}
