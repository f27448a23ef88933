using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the least integer not below x</summary>
public readonly struct Ceil : IUnaryFormula
{
    public static string Name => "Ceil";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Ceiling(x);

    public static double Apply(double x, double alpha, double beta) => Math.Ceiling(x);
}
