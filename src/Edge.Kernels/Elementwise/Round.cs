using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the nearest integer, ties to even</summary>
public readonly struct Round : IUnaryFormula
{
    public static string Name => "Round";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Round(x);

    public static double Apply(double x, double alpha, double beta) => Math.Round(x, MidpointRounding.ToEven);
}
