using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the hyperbolic tangent</summary>
public readonly struct Tanh : IUnaryFormula
{
    public static string Name => "Tanh";

    public static ActivationKind Activation => ActivationKind.Tanh;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Tanh(x);

    public static double Apply(double x, double alpha, double beta) => Math.Tanh(x);
}
