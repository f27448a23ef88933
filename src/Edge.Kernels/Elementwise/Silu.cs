using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x * sigmoid(alpha * x), called Swish in ONNX</summary>
public readonly struct Silu : IUnaryFormula
{
    public static string Name => "Silu";

    public static float DefaultAlpha => 1f;

    public static ActivationKind Activation => ActivationKind.Silu;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Swish(x, alpha);

    public static double Apply(double x, double alpha, double beta) => x * (1 / (1 + Math.Exp(-alpha * x)));
}
