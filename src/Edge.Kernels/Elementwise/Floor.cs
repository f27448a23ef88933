using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the largest integer not above x</summary>
public readonly struct Floor : IUnaryFormula
{
    public static string Name => "Floor";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Floor(x);

    public static double Apply(double x, double alpha, double beta) => Math.Floor(x);
}
