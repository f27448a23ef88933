using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>exp(x)</summary>
public readonly struct Exp : IDifferentiable
{
    public static string Name => "Exp";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Exp(x);

    public static double Apply(double x, double alpha, double beta) => Math.Exp(x);

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>exp(x)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        v;

    public static double Slope(double v, double alpha, double beta) => v;
}
