using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the square root; NaN for negative x</summary>
public readonly struct Sqrt : IUnaryFormula
{
    public static string Name => "Sqrt";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Sqrt(x);

    public static double Apply(double x, double alpha, double beta) => Math.Sqrt(x);
}
