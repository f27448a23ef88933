using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the square root; NaN for negative x</summary>
public readonly struct Sqrt : IDifferentiable
{
    public static string Name => "Sqrt";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Sqrt(x);

    public static double Apply(double x, double alpha, double beta) => Math.Sqrt(x);

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>1 / (2 sqrt(x))</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Divide(T.Splat(0.5f), v);

    public static double Slope(double v, double alpha, double beta) => 0.5 / v;
}
