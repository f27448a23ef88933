namespace Edge.Kernels.Elementwise;

/// <summary>the inverse cosine; NaN outside [-1, 1]</summary>
public readonly struct Acos : IUnaryReference
{
    public static string Name => "Acos";

    public static double Apply(double x, double alpha, double beta) => Math.Acos(x);
}
