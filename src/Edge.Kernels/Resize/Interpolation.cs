namespace Edge.Kernels.Resize;

/// <summary>Interpolation kernels: the weight of a neighbour at distance <c>x</c>, at least 0.</summary>
internal static class Interpolation
{
    /// <summary>The triangle.</summary>
    public static double Linear(double x) => Math.Max(0, 1 - x);

    /// <summary>Keys' cubic convolution (1981) with parameter <paramref name="a"/>.</summary>
    public static double Cubic(double x, double a) => x switch
    {
        <= 1 => ((((a + 2) * x) - (a + 3)) * x * x) + 1,
        < 2 => (((((a * x) - (5 * a)) * x) + (8 * a)) * x) - (4 * a),
        _ => 0,
    };
}
