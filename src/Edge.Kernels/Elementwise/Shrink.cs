using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x + beta if x &lt; -alpha, x - beta if x &gt; alpha, else 0; alpha is called lambd and beta bias in ONNX</summary>
public readonly struct Shrink : IDifferentiable, IIntegerFormula
{
    public static string Name => "Shrink";

    public static float DefaultAlpha => 0.5f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(x, T.Negate(alpha)), T.Add(x, beta), T.Select(T.LessThan(alpha, x), T.Subtract(x, beta), T.Splat(0f)));

    public static double Apply(double x, double alpha, double beta) => x < -alpha ? x + beta : x > alpha ? x - beta : 0;

    static T IIntegerFormula.Apply<T>(T x, T alpha, T beta) => x < T.Zero - alpha ? x + beta : x > alpha ? x - beta : T.Zero;

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>0 in [-alpha, alpha], else 1</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(alpha, T.Abs(v)), T.Splat(1f), T.Splat(0f));

    public static double Slope(double v, double alpha, double beta) => Math.Abs(v) > alpha ? 1 : 0;
}
