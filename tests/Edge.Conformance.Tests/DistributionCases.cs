using Edge.Convert.Onnx;
using Edge.Convert.Onnx.Wire;

namespace Edge.Conformance.Tests;

/// <summary>
/// ONNX's test data as a distribution installs it (Debian: libonnx-testdata): all of it, and no manifest that says which
/// cases a runtime for inference should pass and which inputs are parameters.
/// </summary>
internal static class DistributionCases
{
    /// <summary>Inputs that a real model holds as constants, by operator; Edge needs them at conversion.</summary>
    private static readonly Dictionary<string, int[]> Parameters = new(StringComparer.Ordinal)
    {
        ["CumSum"] = [1],
        ["Dropout"] = [1, 2],
        ["ReduceSum"] = [1],
    };

    /// <summary>Cases that no fixed output can be right for, by the beginning of their names.</summary>
    private static readonly (string Prefix, string Reason)[] Exceptions =
    [
        ("node/test_training_dropout_zero_ratio", ""),
        ("node/test_training_dropout", "the expected output is random"),
        ("node/test_maxunpool_export_with_output_shape", "its indices are those of another shape than output_shape; ONNX Runtime and PyTorch read them otherwise (ONNX issue 2398)"),
    ];

    /// <summary>All cases below <paramref name="directory"/>; those out of scope say why.</summary>
    public static IEnumerable<ConformanceCase> Load(string directory) =>
        from suite in Directory.GetDirectories(directory).Order(StringComparer.Ordinal)
        from folder in Directory.GetDirectories(suite).Order(StringComparer.Ordinal)
        where File.Exists(Path.Combine(folder, "model.onnx"))
        select Read($"{Path.GetFileName(suite)}/{Path.GetFileName(folder)}", folder);

    private static ConformanceCase Read(string name, string folder)
    {
        ModelProto model = OnnxFile.Open(Path.Combine(folder, "model.onnx")).Model;
        string reason = Exceptions.FirstOrDefault(e => name.StartsWith(e.Prefix, StringComparison.Ordinal)).Reason ?? "";
        return new ConformanceCase(name, folder, ParameterIndexes(model.Graph)) { OutOfScope = reason.Length > 0 ? reason : WhyNot(model.Graph) };
    }

    private static string? WhyNot(GraphProto graph)
    {
        string[] missing = [.. graph.Node.Where(n => ImporterCatalog.Find(n.Domain, n.OpType) is null).Select(n => n.OpType).Distinct()];
        if (missing.Length > 0)
        {
            return $"no operator {string.Join(", ", missing)}";
        }
        ValueInfoProto? odd = graph.Input.Concat(graph.Output).FirstOrDefault(v => v.Type?.TensorType is not { ElemType: not (8 or 14 or 15 or 16) });
        return odd is null ? null : $"'{odd.Name}' is a sequence, a string, a complex number or a bfloat16";
    }

    private static HashSet<int> ParameterIndexes(GraphProto graph)
    {
        var stored = graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        string[] fed = [.. graph.Input.Select(i => i.Name).Where(n => !stored.Contains(n))];
        IEnumerable<string> needed = graph.Node.SelectMany(n => Parameters.GetValueOrDefault(n.OpType, []).Where(i => i < n.Input.Count).Select(i => n.Input[i]));
        return [.. needed.Select(name => Array.IndexOf(fed, name)).Where(i => i >= 0)];
    }
}
