namespace Edge.Kernels.Pooling;

/// <summary>What is summed over a window and what becomes of the sum, in double: the reference of averages and norms.</summary>
/// <param name="P">Exponent of the norm; 0 stands for the average.</param>
internal readonly record struct NormFormula(int P)
{
    public static readonly NormFormula Average = new(0);

    public static NormFormula Norm(int p) => new(p);

    /// <summary>x, or |x|^p.</summary>
    public double Term(double x) => P == 0 ? x : Math.Pow(Math.Abs(x), P);

    /// <summary>sum / count, or sum^(1/p); 0 for an empty window.</summary>
    public double Finish(double sum, long count) => count == 0 ? 0 : P == 0 ? sum / count : Math.Pow(sum, 1.0 / P);
}
