using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), the approximation of Gelu</summary>
public readonly struct GeluTanh : IUnaryFormula
{
    public static string Name => "GeluTanh";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T>
    {
        T cubic = T.MultiplyAdd(T.Multiply(T.Multiply(x, x), x), T.Splat(0.044715f), x);
        T tanh = LaneMath.Tanh(T.Multiply(cubic, T.Splat(0.79788456080286536f)));
        return T.Multiply(T.Multiply(x, T.Splat(0.5f)), T.Add(T.Splat(1f), tanh));
    }

    public static double Apply(double x, double alpha, double beta) => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
}
