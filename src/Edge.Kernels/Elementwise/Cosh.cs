namespace Edge.Kernels.Elementwise;

/// <summary>the hyperbolic cosine</summary>
public readonly struct Cosh : IUnaryReference
{
    public static string Name => "Cosh";

    public static double Apply(double x, double alpha, double beta) => Math.Cosh(x);
}
