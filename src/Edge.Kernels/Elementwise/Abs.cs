using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>|x|</summary>
public readonly struct Abs : IUnaryFormula, IIntegerFormula
{
    public static string Name => "Abs";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Abs(x);

    public static double Apply(double x, double alpha, double beta) => Math.Abs(x);

    static T IIntegerFormula.Apply<T>(T x, T alpha, T beta) => T.IsNegative(x) ? T.Zero - x : x;
}
