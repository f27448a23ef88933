using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Convert.Passes;
using Edge.Runtime.Diagnostics;

namespace Edge.Convert.Cli;

/// <summary>What <c>edge-convert</c> prints about a conversion.</summary>
internal sealed class ConversionReport(ConvertOptions options, ConversionResult result)
{
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
        return explain ? table + Explain() : table.ToString();
    }

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
            result.Warnings);
        return JsonSerializer.Serialize(summary, ReportJson.Default.ConversionJson) + "\n";
    }

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
    IReadOnlyList<string> Warnings);

internal sealed record PassJson(string Pass, int Count);

internal sealed record ProblemsJson(string Model, ProblemJson[] Problems);

internal sealed record ProblemJson(string Code, string? Place, string Problem, string? Remedy);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(ConversionJson))]
[JsonSerializable(typeof(ProblemsJson))]
internal sealed partial class ReportJson : JsonSerializerContext;
