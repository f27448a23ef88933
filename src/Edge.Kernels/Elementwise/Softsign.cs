using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x / (1 + |x|)</summary>
public readonly struct Softsign : IDifferentiable
{
    public static string Name => "Softsign";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Divide(x, T.Add(T.Splat(1f), T.Abs(x)));

    public static double Apply(double x, double alpha, double beta) => x / (1 + Math.Abs(x));

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>(1 - |f(x)|)^2</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Multiply(T.Subtract(T.Splat(1f), T.Abs(v)), T.Subtract(T.Splat(1f), T.Abs(v)));

    public static double Slope(double v, double alpha, double beta) => (1 - Math.Abs(v)) * (1 - Math.Abs(v));
}
