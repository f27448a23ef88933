using System.Globalization;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Quantize;

/// <summary>What quantization may cost on the samples.</summary>
/// <param name="Metric">
/// <c>top1</c>: percentage points of right answers lost where classes are given, else of agreement with float32. <c>f1</c>: points of macro F1 lost,
/// the mean over the classes that occur of 2 TP / (2 TP + FP + FN), against the classes, else against the answers of float32. <c>mse</c>: mean squared
/// difference of output 0 from float32; where targets are given, how much larger its mean squared error against them is than float32's (less than 0 where it is smaller). <c>snr</c>: least signal to noise of the outputs against float32, in decibels (<see cref="OutputNoise"/>).
/// </param>
public sealed record Budget(string Metric, double Limit)
{
    private static readonly string[] Metrics = ["top1", "f1", "mse", "snr"];

    /// <summary>Reads <c>top1:0.5</c>, <c>f1:0.5</c>, <c>mse:0.001</c> or <c>snr:25</c>.</summary>
    /// <exception cref="EdgeException">It is none of them.</exception>
    public static Budget Parse(string text)
    {
        string[] parts = text.Split(':');
        bool isNumber = double.TryParse(parts[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double limit) && double.IsFinite(limit) && limit >= 0;
        return parts.Length == 2 && isNumber && Metrics.Contains(parts[0])
            ? new Budget(parts[0], limit)
            : throw new EdgeException(EdgeError.BadOption, "the budget is none of top1:POINTS, f1:POINTS, mse:ERROR and snr:DECIBELS", "write for example --budget top1:0.5", text);
    }

    /// <summary>Whether a result keeps the budget.</summary>
    public bool Holds(double value) => Metric == "snr" ? value >= Limit : value <= Limit + (Metric == "mse" ? 0 : 1e-9);

    /// <param name="againstTargets">Whether a mean squared error is what is added to that of float32 against given targets.</param>
    public string Describe(double value, bool againstTargets = false) => Metric switch
    {
        "snr" => FormattableString.Invariant($"{value:F1} dB"),
        "mse" when againstTargets => FormattableString.Invariant($"{value:G3} more mean squared error against the targets"),
        "mse" => FormattableString.Invariant($"a mean squared error of {value:G3}"),
        "f1" => FormattableString.Invariant($"{value:F2} points of F1 lost"),
        _ => FormattableString.Invariant($"{value:F2} points lost"),
    };

    public override string ToString() => FormattableString.Invariant($"{Metric}:{Limit}");
}

/// <summary>How a budget was kept.</summary>
/// <param name="Plain">Result with every node in 8-bit integers that has a form.</param>
/// <param name="Final">Result of what was written.</param>
/// <param name="Moved">Nodes that got more bits, most sensitive first.</param>
public sealed record BudgetOutcome(Budget Budget, double Plain, double Final, IReadOnlyList<MovedNode> Moved)
{
    /// <summary>Errors against the targets; null where none were given.</summary>
    public TargetErrors? Targets { get; init; }

    /// <summary><paramref name="value"/> in words.</summary>
    public string Describe(double value) => Budget.Describe(value, Targets is not null);

    public override string ToString()
    {
        string[] moved = [.. Moved.GroupBy(m => m.Precision).Select(g => $"{g.Count()} nodes in {(g.Key == MovedNode.Words ? "16 bits" : g.Key)}").Order()];
        string how = moved.Length == 0 ? "" : $"; {Describe(Final)} with {string.Join(" and ", moved)}";
        return $"{Budget} holds: {Describe(Plain)} with all nodes in 8 bits{how}";
    }
}

/// <summary>A node that a budget gave more bits.</summary>
/// <param name="Snr">Signal to noise of the outputs in decibels when it alone is quantized to 8 bits.</param>
/// <param name="Precision"><see cref="Words"/> or <see cref="Float"/>.</param>
public sealed record MovedNode(string Node, double Snr, string Precision)
{
    public const string Words = "int16";

    public const string Float = "float32";
}
