namespace Edge.Kernels.Elementwise;

/// <summary>the inverse sine; NaN outside [-1, 1]</summary>
public readonly struct Asin : IUnaryReference
{
    public static string Name => "Asin";

    public static double Apply(double x, double alpha, double beta) => Math.Asin(x);
}
