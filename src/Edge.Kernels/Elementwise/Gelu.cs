using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x / 2 * (1 + erf(x / sqrt(2)))</summary>
public readonly struct Gelu : IUnaryFormula
{
    public static string Name => "Gelu";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Multiply(T.Multiply(x, T.Splat(0.5f)), T.Add(T.Splat(1f), LaneMath.Erf(T.Multiply(x, T.Splat(0.70710678118654752f)))));

    public static double Apply(double x, double alpha, double beta) => x / 2 * (1 + SpecialFunctions.Erf(x / Math.Sqrt(2)));
}
