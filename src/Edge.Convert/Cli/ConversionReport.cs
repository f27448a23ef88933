using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Convert.Verify;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Cli;

/// <summary>What <c>edge-convert</c> prints about a conversion.</summary>
internal sealed class ConversionReport(ConvertOptions options, ConversionResult result)
{
    /// <summary>Bytes of weights from which the summary says how they could be fewer.</summary>
    private const long LeastWorthSaving = 4096;

    /// <summary>The summary for people.</summary>
    /// <param name="explain">Add what the passes rewrote and what they left alone.</param>
    public string ToText(bool explain)
    {
        var table = new TextTable("", "");
        table.Add("model", options.ModelPath);
        table.Add("written", options.OutputPath is { } path ? $"{path}, {Quantity.Bytes(result.FileBytes)}" : "nothing: the model was only checked");
        table.Add("nodes", $"{result.Before.Nodes} -> {result.After.Nodes}");
        foreach ((string pass, int count) in result.Passes.Counts)
        {
            table.Add($"  {pass}", count.ToString());
        }
        table.Add("parameters", Quantity.Count(result.After.Parameters));
        table.Add("multiply-adds", Quantity.Count(result.After.MultiplyAdds));
        table.Add("weights", Quantity.Bytes(result.After.WeightBytes));
        table.Add("arena", Quantity.Bytes(result.ArenaBytes));
        table.Add("golden sample", result.GoldenError is { } error ? FormattableString.Invariant($"stored; here it differs by {error:G2} of the largest output") : $"none: {result.WhyNoGolden}");
        if (options.Weights.Format != WeightFormat.Float32)
        {
            string change = result.WeightError is { } difference ? FormattableString.Invariant($"; they change the golden sample by {difference:G2} of the largest output") : "";
            table.Add("weights kept as", $"{options.Weights}, computed in float32{change}");
        }
        if (result.Quantization is { } quantization)
        {
            AddQuantization(table, quantization);
        }
        if (result.Dynamic is { } dynamic)
        {
            AddDynamic(table, dynamic);
        }
        if (options.Weights.Format == WeightFormat.Float32 && result.Quantization is null && result.Dynamic is null && result.After.WeightBytes >= LeastWorthSaving)
        {
            AddSavings(table, result.After.WeightBytes);
        }
        return explain ? table + Explain() : table.ToString();
    }

    /// <summary>What other options would make of a float32 model.</summary>
    private static void AddSavings(TextTable table, long bytes)
    {
        table.Add("smaller", $"--weights f16: about {Quantity.Bytes(bytes / 2)} of weights, computed in float32");
        table.Add("", $"--int8 --calibrate SAMPLES: about {Quantity.Bytes(bytes / 4)}, computed in 8-bit integers; --int8 --dynamic without samples");
    }

    private static void AddQuantization(TextTable table, QuantizationOutcome quantization)
    {
        string origin = quantization.Agreement is null ? "as the model was quantized" : $"calibrated on {quantization.Samples} samples";
        table.Add("int8", $"{quantization.Quantized.Values.Sum()} nodes in integers, {quantization.Kept.Count} in float32; {origin}");
        if (quantization.Agreement is { } agreement)
        {
            AddAgreement(table, quantization, agreement);
        }
        if (quantization.Budget is { } kept)
        {
            table.Add("  budget", kept.ToString());
            if (quantization.Classes.Count(c => c >= 0) is > 0 and int known)
            {
                table.Add("  classes", $"right ones are known for {known} of {quantization.Samples} samples");
            }
            if (kept.Targets is { } errors)
            {
                table.Add("  targets", FormattableString.Invariant($"mean squared error {errors.Float32:G4} in float32, {errors.Int8:G4} as written"));
            }
            foreach (MovedNode moved in kept.Moved)
            {
                table.Add($"  {moved.Precision}", FormattableString.Invariant($"'{moved.Node}': quantized to 8 bits alone, it leaves the output {moved.Snr:F1} dB"));
            }
        }
        table.Add("  bits", quantization.IsExact ? "the same on every device: all is computed in integers" : "parts in float32 may differ in the last digits from device to device");
        foreach ((string node, string reason) in quantization.Kept)
        {
            table.Add("  float32", $"{node}: {reason}");
        }
    }

    private static void AddDynamic(TextTable table, DynamicOutcome dynamic)
    {
        string change = dynamic.Error is { } difference ? FormattableString.Invariant($"; the golden sample changes by {difference:G2} of the largest output") : "";
        table.Add("int8 dynamic", $"{dynamic.Quantized.Values.Sum()} products quantize their input in the run, {dynamic.Kept.Count} stay in float32{change}");
        if (dynamic.SmallWeights > 0)
        {
            table.Add("  weights", $"those of {dynamic.SmallWeights} products in float32 are kept in 8 bits");
        }
        foreach ((string node, string reason) in dynamic.Kept)
        {
            table.Add("  float32", $"{node}: {reason}");
        }
    }

    private static void AddAgreement(TextTable table, QuantizationOutcome quantization, double agreement) =>
        table.Add("  outputs", FormattableString.Invariant($"signal to noise against float32 {string.Join(", ", quantization.OutputSnr.Select(s => s.ToString("F1", CultureInfo.InvariantCulture)))} dB; largest element the same in {agreement:P1}"));

    public string ToJson()
    {
        var summary = new ConversionJson(
            options.ModelPath,
            options.OutputPath,
            result.Before.Nodes,
            result.After.Nodes,
            [.. result.Passes.Counts.Select(c => new PassJson(c.Pass, c.Count))],
            result.After.Operators.ToDictionary(p => p.Key, p => p.Value),
            result.After.Parameters,
            result.After.MultiplyAdds,
            result.After.WeightBytes,
            result.ArenaBytes,
            result.FileBytes,
            result.Model.Goldens.Count,
            result.GoldenError is { } error && double.IsFinite(error) ? error : null,
            result.WhyNoGolden,
            result.Warnings,
            result.Quantization is { } quantization ? ToJson(quantization, result.Report) : null,
            result.Dynamic is { } dynamic
                ? new DynamicJson(dynamic.Quantized.ToDictionary(p => p.Key, p => p.Value), [.. dynamic.Kept.Select(k => new KeptJson(k.Node, k.Reason))], dynamic.SmallWeights, dynamic.Error is { } change && double.IsFinite(change) ? change : null)
                : null);
        return JsonSerializer.Serialize(summary, ReportJson.Default.ConversionJson) + "\n";
    }

    private static Int8Json ToJson(QuantizationOutcome outcome, QuantizationReport? report) => new(
        outcome.Samples,
        outcome.Quantized.ToDictionary(p => p.Key, p => p.Value),
        [.. outcome.Kept.Select(k => new KeptJson(k.Node, k.Reason))],
        [.. outcome.OutputSnr],
        outcome.Agreement,
        outcome.IsExact,
        [.. outcome.Ranges.Select(r => new RangeJson(r.Value, r.Low, r.High, r.Method.ToString(), r.Snr, r.Scale, r.Zero))],
        outcome.IsEqualized,
        report is null ? null : ReportJsonOf(report),
        outcome.Budget is { } kept ? new BudgetJson(kept.Budget.ToString(), kept.Plain, kept.Final, [.. kept.Moved.Select(m => new MovedJson(m.Node, m.Snr, m.Precision))], kept.Targets?.Float32, kept.Targets?.Int8, outcome.Classes.Count(c => c >= 0)) : null);

    private static LayersJson ReportJsonOf(QuantizationReport report) => new(
        [.. report.Layers.Select(l => new LayerJson(
            l.Node, l.Kind, l.Precision, l.Why, l.Snr, l.ErrorShare,
            l.Range is { } r ? new HistogramJson(r.Min, r.Max, r.Low, r.High, r.Method.ToString(), r.Scale, r.Zero, [.. r.Histogram]) : null))],
        [.. report.Pareto.Select(p => new ParetoJson(p.Name, p.Float32Nodes, p.Int16Nodes, p.Snr, p.Agreement, p.Top1, p.Milliseconds, p.WeightBytes))],
        [.. report.Comparison.Worst.Select(w => new WorstJson(w.Sample, w.Share))],
        [.. report.Confusions.Select(c => new ConfusionJson(c.From, c.To, c.Count))],
        report.Comparison.A.Milliseconds, report.Comparison.B.Milliseconds, report.Comparison.A.Top1, report.Comparison.B.Top1);

    /// <summary>All problems of a model that cannot be converted.</summary>
    public static string ProblemsToJson(string model, IReadOnlyList<EdgeException> problems) =>
        JsonSerializer.Serialize(
            new ProblemsJson(model, [.. problems.Select(p => new ProblemJson(EdgeException.Code(p.Error), p.Place, p.Problem, p.Remedy))]),
            ReportJson.Default.ProblemsJson) + "\n";

    private string Explain()
    {
        var text = new StringBuilder();
        Append(text, "rewritten", result.Passes.Rewrites);
        Append(text, "not rewritten", result.Passes.Missed);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string title, IEnumerable<PassRemark> remarks)
    {
        text.Append($"\n{title}:\n");
        foreach (PassRemark remark in remarks)
        {
            text.Append($"  {remark.Pass}: {remark.Text}\n");
        }
    }
}

internal sealed record ConversionJson(
    string Model,
    string? Output,
    int NodesBefore,
    int NodesAfter,
    PassJson[] Passes,
    Dictionary<string, int> Operators,
    long Parameters,
    long MultiplyAdds,
    long WeightsBytes,
    long ArenaBytes,
    long FileBytes,
    int GoldenSamples,
    double? GoldenError,
    string? WhyNoGolden,
    IReadOnlyList<string> Warnings,
    Int8Json? Int8,
    DynamicJson? Int8Dynamic);

internal sealed record DynamicJson(Dictionary<string, int> Quantized, KeptJson[] Float32, int SmallWeights, double? GoldenChange);

internal sealed record Int8Json(
    int Samples, Dictionary<string, int> Quantized, KeptJson[] Float32, double[] OutputSnrDb, double? Agreement, bool SameBitsEverywhere, RangeJson[] Ranges, bool Equalized, LayersJson? Report, BudgetJson? Budget);

internal sealed record LayersJson(
    LayerJson[] Layers, ParetoJson[] Pareto, WorstJson[] WorstSamples, ConfusionJson[] Confusions, double LatencyMsBefore, double LatencyMsAfter, double? Top1Before, double? Top1After);

internal sealed record LayerJson(string Node, string Kind, string Precision, string Why, double? SnrDb, double? ErrorShare, HistogramJson? Range);

internal sealed record HistogramJson(float Min, float Max, double Low, double High, string Method, float Scale, int Zero, long[] Histogram);

internal sealed record ParetoJson(string Name, int? Float32Nodes, int? Int16Nodes, double SnrDb, double Agreement, double? Top1, double LatencyMs, long ConstantBytes);

internal sealed record WorstJson(int Sample, double Share);

internal sealed record ConfusionJson(int From, int To, int Count);

internal sealed record BudgetJson(string Budget, double Plain, double Final, MovedJson[] Moved, double? TargetErrorFloat32, double? TargetErrorInt8, int KnownClasses);

internal sealed record MovedJson(string Node, double SnrDb, string Precision);

internal sealed record KeptJson(string Node, string Reason);

internal sealed record RangeJson(string Value, double Low, double High, string Method, double SnrDb, float Scale, int Zero);

internal sealed record PassJson(string Pass, int Count);

internal sealed record ProblemsJson(string Model, ProblemJson[] Problems);

internal sealed record ProblemJson(string Code, string? Place, string Problem, string? Remedy);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(ConversionJson))]
[JsonSerializable(typeof(ProblemsJson))]
[JsonSerializable(typeof(ComparisonJson))]
internal sealed partial class ReportJson : JsonSerializerContext;
