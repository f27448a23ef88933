using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>|x|</summary>
public readonly struct Abs : IDifferentiable, IIntegerFormula
{
    public static string Name => "Abs";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Abs(x);

    public static double Apply(double x, double alpha, double beta) => Math.Abs(x);

    static T IIntegerFormula.Apply<T>(T x, T alpha, T beta) => T.IsNegative(x) ? T.Zero - x : x;

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>sign(x)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(v, T.Splat(0f)), T.Splat(-1f), T.Select(T.LessThan(T.Splat(0f), v), T.Splat(1f), T.Splat(0f)));

    public static double Slope(double v, double alpha, double beta) => v < 0 ? -1 : v > 0 ? 1 : 0;
}
