namespace Edge.Kernels.Elementwise;

/// <summary>the cosine of x in radians</summary>
public readonly struct Cos : IUnaryReference
{
    public static string Name => "Cos";

    public static double Apply(double x, double alpha, double beta) => Math.Cos(x);
}
