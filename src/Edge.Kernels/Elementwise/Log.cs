using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the natural logarithm; NaN for negative x</summary>
public readonly struct Log : IUnaryFormula
{
    public static string Name => "Log";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Log(x);

    public static double Apply(double x, double alpha, double beta) => Math.Log(x);
}
