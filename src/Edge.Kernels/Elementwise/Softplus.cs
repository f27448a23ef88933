using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>log(1 + exp(x))</summary>
public readonly struct Softplus : IDifferentiable
{
    public static string Name => "Softplus";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Add(T.AtLeast(x, T.Splat(0f)), LaneMath.Log1PlusUnit(LaneMath.Exp(T.Negate(T.Abs(x)))));

    public static double Apply(double x, double alpha, double beta) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>sigmoid(x)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Sigmoid(v);

    public static double Slope(double v, double alpha, double beta) => 1 / (1 + Math.Exp(-v));
}
