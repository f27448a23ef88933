using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x * max(0, min(1, x / 6 + 0.5))</summary>
public readonly struct HardSwish : IDifferentiable
{
    public static string Name => "HardSwish";

    public static ActivationKind Activation => ActivationKind.HardSwish;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Multiply(x, T.AtLeast(T.AtMost(T.MultiplyAdd(x, T.Splat(1f / 6f), T.Splat(0.5f)), T.Splat(1f)), T.Splat(0f)));

    public static double Apply(double x, double alpha, double beta) => x * Math.Max(0, Math.Min(1, (x / 6) + 0.5));

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>0 up to -3, 1 from 3 on, else x / 3 + 0.5</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(T.Splat(-3f), v), T.Select(T.LessThan(v, T.Splat(3f)), T.MultiplyAdd(v, T.Splat(1f / 3f), T.Splat(0.5f)), T.Splat(1f)), T.Splat(0f));

    public static double Slope(double v, double alpha, double beta) => v <= -3 ? 0 : v >= 3 ? 1 : (v / 3) + 0.5;
}
