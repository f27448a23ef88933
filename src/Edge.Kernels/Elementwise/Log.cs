using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the natural logarithm; NaN for negative x</summary>
public readonly struct Log : IDifferentiable
{
    public static string Name => "Log";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Log(x);

    public static double Apply(double x, double alpha, double beta) => Math.Log(x);

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>1 / x</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Divide(T.Splat(1f), v);

    public static double Slope(double v, double alpha, double beta) => 1 / v;
}
