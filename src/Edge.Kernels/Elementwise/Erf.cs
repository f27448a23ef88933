using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the error function 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x</summary>
public readonly struct Erf : IDifferentiable
{
    public static string Name => "Erf";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Erf(x);

    public static double Apply(double x, double alpha, double beta) => SpecialFunctions.Erf(x);

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>2 / sqrt(pi) * exp(-x^2)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Multiply(T.Splat(1.12837916709551257f), LaneMath.Exp(T.Negate(T.Multiply(v, v))));

    public static double Slope(double v, double alpha, double beta) => 2 / Math.Sqrt(Math.PI) * Math.Exp(-v * v);
}
