namespace Edge.Kernels.Elementwise;

/// <summary>whether x is NaN</summary>
public readonly struct IsNaN : IUnaryPredicate
{
    public static string Name => "IsNaN";

    public static bool Apply(double x, double alpha, double beta) => double.IsNaN(x);
}
