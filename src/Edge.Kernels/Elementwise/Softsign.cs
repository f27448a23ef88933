using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x / (1 + |x|)</summary>
public readonly struct Softsign : IUnaryFormula
{
    public static string Name => "Softsign";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Divide(x, T.Add(T.Splat(1f), T.Abs(x)));

    public static double Apply(double x, double alpha, double beta) => x / (1 + Math.Abs(x));
}
