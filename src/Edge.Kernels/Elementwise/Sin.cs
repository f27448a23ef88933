namespace Edge.Kernels.Elementwise;

/// <summary>the sine of x in radians</summary>
public readonly struct Sin : IUnaryReference
{
    public static string Name => "Sin";

    public static double Apply(double x, double alpha, double beta) => Math.Sin(x);
}
