namespace Edge.Kernels.Elementwise;

/// <summary>the inverse hyperbolic tangent; NaN outside [-1, 1]</summary>
public readonly struct Atanh : IUnaryReference
{
    public static string Name => "Atanh";

    public static double Apply(double x, double alpha, double beta) => Math.Atanh(x);
}
