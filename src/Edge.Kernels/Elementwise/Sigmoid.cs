using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>1 / (1 + exp(-x))</summary>
public readonly struct Sigmoid : IDifferentiable
{
    public static string Name => "Sigmoid";

    public static ActivationKind Activation => ActivationKind.Sigmoid;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Sigmoid(x);

    public static double Apply(double x, double alpha, double beta) => 1 / (1 + Math.Exp(-x));

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>f(x) (1 - f(x))</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Multiply(v, T.Subtract(T.Splat(1f), v));

    public static double Slope(double v, double alpha, double beta) => v * (1 - v);
}
