using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>1 / x</summary>
public readonly struct Reciprocal : IUnaryFormula
{
    public static string Name => "Reciprocal";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Divide(T.Splat(1f), x);

    public static double Apply(double x, double alpha, double beta) => 1 / x;
}
