namespace Edge.Kernels.Elementwise;

/// <summary>the inverse tangent</summary>
public readonly struct Atan : IUnaryReference
{
    public static string Name => "Atan";

    public static double Apply(double x, double alpha, double beta) => Math.Atan(x);
}
