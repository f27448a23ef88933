using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>beta * x if x &gt;= 0, else beta * alpha * (exp(x) - 1); beta is called gamma in ONNX</summary>
public readonly struct Selu : IUnaryFormula
{
    public static string Name => "Selu";

    public static float DefaultAlpha => 1.67326319217681884765625f;

    public static float DefaultBeta => 1.05070102214813232421875f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, T alpha, T beta) where T : struct, ILanes<T> =>
        T.Multiply(beta, T.Select(T.LessThan(x, T.Splat(0f)), T.Multiply(alpha, T.Subtract(LaneMath.Exp(x), T.Splat(1f))), x));

    public static double Apply(double x, double alpha, double beta) => beta * (x < 0 ? alpha * (Math.Exp(x) - 1) : x);
}
