using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Soak;

/// <summary>What the daemon held at a time. Bytes.</summary>
/// <param name="Minutes">Since it was ready.</param>
/// <param name="Resident">Pages in memory, those of its files included.</param>
/// <param name="Proportional">The same, shared pages divided by their users.</param>
/// <param name="Anonymous">Pages of no file: managed heap, native heap, stacks.</param>
/// <param name="HeapUsed">Managed objects after the last collection.</param>
/// <param name="HeapCommitted">Pages that the managed heap holds.</param>
internal sealed record MemorySample(double Minutes, long Resident, long Proportional, long Anonymous, long HeapUsed, long HeapCommitted);

/// <summary>The daemon's memory over time.</summary>
/// <param name="WarmUp">Minutes in which everything is used for the first time: they are shown, and not fitted.</param>
internal sealed record MemorySeries(IReadOnlyList<MemorySample> Samples, double WarmUp)
{
    private const double Mebibyte = 1 << 20;
    private const int Rows = 12;

    /// <summary>MiB per hour: the slope of the straight line with the least squares through all resident sizes after the warm-up.</summary>
    public double Slope
    {
        get
        {
            MemorySample[] late = [.. Samples.Where(m => m.Minutes >= WarmUp)];
            double meanTime = late.Average(m => m.Minutes);
            double meanBytes = late.Average(m => m.Resident);
            double covariance = late.Sum(m => (m.Minutes - meanTime) * (m.Resident - meanBytes));
            double variance = late.Sum(m => (m.Minutes - meanTime) * (m.Minutes - meanTime));
            return variance > 0 ? covariance / variance * 60 / Mebibyte : 0;
        }
    }

    /// <summary>Least and most resident bytes after the warm-up, in MiB.</summary>
    public string Range
    {
        get
        {
            double[] late = [.. Samples.Where(m => m.Minutes >= WarmUp).Select(m => m.Resident / Mebibyte)];
            return string.Create(CultureInfo.InvariantCulture, $"{late.Min():0.0} to {late.Max():0.0} MiB");
        }
    }

    /// <summary>The first sample, the last, and some between, as a Markdown table.</summary>
    public override string ToString()
    {
        var text = new TextTable("| minute", "| resident, MiB", "| proportional", "| of no file", "| managed heap, committed", "| in use", "|");
        text.Add("|---:", "|---:", "|---:", "|---:", "|---:", "|---:", "|");
        string Cell(double value) => string.Create(CultureInfo.InvariantCulture, $"| {value:0.0}");
        foreach (int at in Enumerable.Range(0, Rows).Select(i => i * (Samples.Count - 1) / (Rows - 1)).Distinct())
        {
            MemorySample s = Samples[at];
            text.Add([Cell(s.Minutes), .. new[] { s.Resident, s.Proportional, s.Anonymous, s.HeapCommitted, s.HeapUsed }.Select(b => Cell(b / Mebibyte)), "|"]);
        }
        return text.ToString();
    }
}
