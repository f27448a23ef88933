using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the hyperbolic tangent</summary>
public readonly struct Tanh : IDifferentiable
{
    public static string Name => "Tanh";

    public static ActivationKind Activation => ActivationKind.Tanh;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Tanh(x);

    public static double Apply(double x, double alpha, double beta) => Math.Tanh(x);

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>1 - f(x)^2</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Subtract(T.Splat(1f), T.Multiply(v, v));

    public static double Slope(double v, double alpha, double beta) => 1 - (v * v);
}
