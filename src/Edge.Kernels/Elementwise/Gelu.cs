using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x / 2 * (1 + erf(x / sqrt(2)))</summary>
public readonly struct Gelu : IDifferentiable
{
    public static string Name => "Gelu";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Multiply(T.Multiply(x, T.Splat(0.5f)), T.Add(T.Splat(1f), LaneMath.Erf(T.Multiply(x, T.Splat(0.70710678118654752f)))));

    public static double Apply(double x, double alpha, double beta) => x / 2 * (1 + SpecialFunctions.Erf(x / Math.Sqrt(2)));

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>(1 + erf(x / sqrt(2))) / 2 + x exp(-x^2 / 2) / sqrt(2 pi)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.MultiplyAdd(T.Multiply(v, T.Splat(0.39894228040143268f)), LaneMath.Exp(T.Multiply(T.Multiply(v, v), T.Splat(-0.5f))), T.Multiply(T.Splat(0.5f), T.Add(T.Splat(1f), LaneMath.Erf(T.Multiply(v, T.Splat(0.70710678118654752f))))));

    public static double Slope(double v, double alpha, double beta) => ((1 + SpecialFunctions.Erf(v / Math.Sqrt(2))) / 2) + (v * Math.Exp(-v * v / 2) / Math.Sqrt(2 * Math.PI));
}
