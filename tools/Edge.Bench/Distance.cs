using Edge.Kernels.Tensors;

namespace Edge.Bench;

/// <summary>How far a tensor is from the expected one.</summary>
/// <param name="Difference">Largest |a-b|; infinite where only one of both is finite, or where types or shapes differ.</param>
/// <param name="Largest">Largest finite |b|.</param>
internal readonly record struct Distance(double Difference, double Largest)
{
    /// <summary>max|a-b| / max|b|; 0 where nothing differs.</summary>
    public double Relative => Difference == 0 ? 0 : Difference / Largest;

    /// <summary>Integer tensors are equal or at a relative distance of 1.</summary>
    public static Distance Between(Tensor actual, Tensor expected)
    {
        if (actual.Type != expected.Type || actual.Shape != expected.Shape)
        {
            return new Distance(double.PositiveInfinity, 1);
        }
        double[] a = actual.ToDouble();
        double[] b = expected.ToDouble();
        double largest = b.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
        if (!expected.Type.IsFloat())
        {
            return new Distance(a.AsSpan().SequenceEqual(b) ? 0 : Math.Max(largest, 1), Math.Max(largest, 1));
        }
        double worst = 0;
        for (int i = 0; i < a.Length; i++)
        {
            bool same = a[i].Equals(b[i]);
            worst = Math.Max(worst, same ? 0 : double.IsFinite(a[i] - b[i]) ? Math.Abs(a[i] - b[i]) : double.PositiveInfinity);
        }
        return new Distance(worst, largest);
    }
}
