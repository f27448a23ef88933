using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>x * tanh(log(1 + exp(x))), with tanh(log(1 + e)) = (e^2 + 2 e) / (e^2 + 2 e + 2)</summary>
public readonly struct Mish : IDifferentiable
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

    public static SlopeSource SlopeFrom => SlopeSource.Argument;

    /// <summary>t + x (1 - t^2) sigmoid(x) with t = tanh(log(1 + exp(x)))</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T v, T alpha, T beta) where T : struct, ILanes<T>
    {
        // From 20 on the quotient rounds to 1; the bound keeps e^2 finite.
        T e = LaneMath.Exp(T.AtMost(v, T.Splat(20f)));
        T n = T.Multiply(e, T.Add(e, T.Splat(2f)));
        T t = T.Divide(n, T.Add(n, T.Splat(2f)));
        T curve = T.Multiply(T.Subtract(T.Splat(1f), T.Multiply(t, t)), LaneMath.Sigmoid(v));
        return T.MultiplyAdd(v, curve, t);
    }

    public static double Slope(double v, double alpha, double beta)
    {
        double t = Math.Tanh(Math.Log(1 + Math.Exp(v)));
        return t + (v * (1 - (t * t)) / (1 + Math.Exp(-v)));
    }
}
