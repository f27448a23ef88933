using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Quantize;

/// <summary>What quantization may cost on the samples.</summary>
/// <param name="Metric"><c>top1</c>: percentage points of right answers lost where classes are given, else of agreement with float32. <c>snr</c>: least signal to noise of the outputs against float32, in decibels (<see cref="OutputNoise"/>).</param>
public sealed record Budget(string Metric, double Limit)
{
    /// <summary>Reads <c>top1:0.5</c> or <c>snr:25</c>.</summary>
    /// <exception cref="EdgeException">It is neither.</exception>
    public static Budget Parse(string text)
    {
        string[] parts = text.Split(':');
        bool isNumber = double.TryParse(parts[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double limit) && double.IsFinite(limit) && limit >= 0;
        return parts.Length == 2 && isNumber && parts[0] is "top1" or "snr"
            ? new Budget(parts[0], limit)
            : throw new EdgeException(EdgeError.BadOption, "the budget is neither top1:POINTS nor snr:DECIBELS", "write for example --budget top1:0.5", text);
    }

    /// <summary>Whether a result keeps the budget.</summary>
    public bool Holds(double value) => Metric == "snr" ? value >= Limit : value <= Limit + 1e-9;

    public string Describe(double value) => Metric == "snr" ? FormattableString.Invariant($"{value:F1} dB") : FormattableString.Invariant($"{value:F2} points lost");

    public override string ToString() => FormattableString.Invariant($"{Metric}:{Limit}");
}

/// <summary>How a budget was kept.</summary>
/// <param name="Plain">Result with every node in integers that has a form.</param>
/// <param name="Final">Result of what was written.</param>
/// <param name="Moved">Nodes that went back to float32, most sensitive first, with the signal to noise of the outputs when they alone are quantized.</param>
public sealed record BudgetOutcome(Budget Budget, double Plain, double Final, IReadOnlyList<(string Node, double Snr)> Moved);
