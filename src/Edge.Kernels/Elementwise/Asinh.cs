namespace Edge.Kernels.Elementwise;

/// <summary>the inverse hyperbolic sine</summary>
public readonly struct Asinh : IUnaryReference
{
    public static string Name => "Asinh";

    public static double Apply(double x, double alpha, double beta) => Math.Asinh(x);
}
