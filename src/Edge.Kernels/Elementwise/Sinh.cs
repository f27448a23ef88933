namespace Edge.Kernels.Elementwise;

/// <summary>the hyperbolic sine</summary>
public readonly struct Sinh : IUnaryReference
{
    public static string Name => "Sinh";

    public static double Apply(double x, double alpha, double beta) => Math.Sinh(x);
}
