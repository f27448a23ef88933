using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>max(x, 0)</summary>
public readonly struct Relu : IUnaryFormula, IIntegerFormula
{
    public static string Name => "Relu";

    public static ActivationKind Activation => ActivationKind.Relu;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.AtLeast(x, T.Splat(0f));

    public static double Apply(double x, double alpha, double beta) => Math.Max(x, 0);

    static T IIntegerFormula.Apply<T>(T x, T alpha, T beta) => T.IsNegative(x) ? T.Zero : x;
}
