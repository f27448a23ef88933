using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>-1, 0 or 1; NaN for NaN</summary>
public readonly struct Sign : IUnaryFormula, IIntegerFormula
{
    public static string Name => "Sign";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(T.Splat(0f), x), T.Splat(1f), T.Select(T.LessThan(x, T.Splat(0f)), T.Splat(-1f), x));

    public static double Apply(double x, double alpha, double beta) => double.IsNaN(x) ? x : Math.Sign(x);

    static T IIntegerFormula.Apply<T>(T x, T alpha, T beta) => T.IsZero(x) ? x : T.IsNegative(x) ? T.Zero - T.One : T.One;
}
