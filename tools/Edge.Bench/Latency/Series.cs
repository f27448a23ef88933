using System.Text.Json.Serialization;

namespace Edge.Bench.Latency;

/// <summary>Times of many runs of one thing.</summary>
/// <param name="Milliseconds">One per run, in the order in which they ran; at least one.</param>
public sealed record Series(string Name, [property: JsonIgnore] IReadOnlyList<double> Milliseconds)
{
    private readonly double[] _sorted = [.. Milliseconds.Order()];

    public int Runs => _sorted.Length;

    public double Minimum => _sorted[0];

    public double Median => (_sorted[(Runs - 1) / 2] + _sorted[Runs / 2]) / 2;

    /// <summary>Operations per second, in 10^9, of a run of the median time.</summary>
    /// <param name="multiplyAdds">Multiply-adds per run; each counts as two operations.</param>
    public double Gflops(long multiplyAdds) => Median == 0 ? 0 : 2.0 * multiplyAdds / Median / 1e6;
}

/// <summary>Means of ratios.</summary>
public static class GeometricMean
{
    /// <summary>exp(mean(ln x)); NaN where <paramref name="ratios"/> is empty.</summary>
    /// <param name="ratios">Each greater than 0.</param>
    public static double Of(IEnumerable<double> ratios)
    {
        double[] logarithms = [.. ratios.Select(r => Math.Log(r))];
        return logarithms.Length == 0 ? double.NaN : Math.Exp(logarithms.Average());
    }
}
