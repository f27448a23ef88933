using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x * tanh(log(1 + exp(x))), with tanh(log(1 + e)) = (e^2 + 2 e) / (e^2 + 2 e + 2)</summary>
public readonly struct Mish : IUnaryFormula
{
    public static string Name => "Mish";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T>
    {
        // From 20 on the quotient rounds to 1; the bound keeps e^2 finite.
        T e = LaneMath.Exp(T.AtMost(x, T.Splat(20f)));
        T n = T.Multiply(e, T.Add(e, T.Splat(2f)));
        return T.Multiply(x, T.Divide(n, T.Add(n, T.Splat(2f))));
    }

    public static double Apply(double x, double alpha, double beta) => x * Math.Tanh(Math.Log(1 + Math.Exp(x)));
}
