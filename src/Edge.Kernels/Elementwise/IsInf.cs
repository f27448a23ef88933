namespace Edge.Kernels.Elementwise;

/// <summary>whether x is infinite; alpha = 0 ignores positive infinity, beta = 0 negative infinity</summary>
public readonly struct IsInf : IUnaryPredicate
{
    public static string Name => "IsInf";

    public static float DefaultAlpha => 1;

    public static float DefaultBeta => 1;

    public static bool Apply(double x, double alpha, double beta) => (alpha != 0 && double.IsPositiveInfinity(x)) || (beta != 0 && double.IsNegativeInfinity(x));
}
