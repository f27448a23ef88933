using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>the error function 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x</summary>
public readonly struct Erf : IUnaryFormula
{
    public static string Name => "Erf";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        LaneMath.Erf(x);

    public static double Apply(double x, double alpha, double beta) => SpecialFunctions.Erf(x);
}
