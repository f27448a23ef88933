namespace Edge.Kernels.Elementwise;

/// <summary>the tangent of x in radians</summary>
public readonly struct Tan : IUnaryReference
{
    public static string Name => "Tan";

    public static double Apply(double x, double alpha, double beta) => Math.Tan(x);
}
