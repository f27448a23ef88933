namespace Edge.Kernels.Elementwise;

/// <summary>the inverse hyperbolic cosine; NaN below 1</summary>
public readonly struct Acosh : IUnaryReference
{
    public static string Name => "Acosh";

    public static double Apply(double x, double alpha, double beta) => Math.Acosh(x);
}
