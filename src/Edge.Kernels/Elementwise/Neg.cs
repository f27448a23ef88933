using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>-x</summary>
public readonly struct Neg : IDifferentiable, IIntegerFormula
{
    public static string Name => "Neg";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Negate(x);

    public static double Apply(double x, double alpha, double beta) => -x;

    static T IIntegerFormula.Apply<T>(T x, T alpha, T beta) => T.Zero - x;

    public static SlopeSource SlopeFrom => SlopeSource.Result;

    /// <summary>-1</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Splat(-1f);

    public static double Slope(double v, double alpha, double beta) => -1;
}
