using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>1 / x</summary>
public readonly struct Reciprocal : IDifferentiable
{
    public static string Name => "Reciprocal";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Divide(T.Splat(1f), x);

    public static double Apply(double x, double alpha, double beta) => 1 / x;

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>-1 / x^2</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Negate(T.Multiply(v, v));

    public static double Slope(double v, double alpha, double beta) => -v * v;
}
