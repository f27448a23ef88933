namespace Edge.Kernels.Elementwise;

/// <summary>Functions in double precision that the platform lacks.</summary>
internal static class SpecialFunctions
{
    /// <summary>
    /// Error function: 2 / sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (2n+1)!!, whose terms are all of one sign
    /// (Abramowitz and Stegun 7.1.6).
    /// </summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x) || Math.Abs(x) >= 6)
        {
            return double.IsNaN(x) ? x : Math.Sign(x); // 1 - erf(6) is 2e-17
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.Abs(term) > Math.Abs(sum) * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
