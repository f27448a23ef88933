using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x + beta if x &lt; -alpha, x - beta if x &gt; alpha, else 0; alpha is called lambd and beta bias in ONNX</summary>
public readonly struct Shrink : IUnaryFormula, IIntegerFormula
{
    public static string Name => "Shrink";

    public static float DefaultAlpha => 0.5f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Select(T.LessThan(x, T.Negate(alpha)), T.Add(x, beta), T.Select(T.LessThan(alpha, x), T.Subtract(x, beta), T.Splat(0f)));

    public static double Apply(double x, double alpha, double beta) => x < -alpha ? x + beta : x > alpha ? x - beta : 0;

    static T IIntegerFormula.Apply<T>(T x, T alpha, T beta) => x < T.Zero - alpha ? x + beta : x > alpha ? x - beta : T.Zero;
}
