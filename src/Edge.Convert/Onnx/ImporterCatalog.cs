using Edge.Runtime.Graphs;

namespace Edge.Convert.Onnx;

/// <summary>Imports one ONNX operator.</summary>
/// <param name="OpType">Its name in ONNX.</param>
/// <param name="Import">Adds operators to the graph and returns the node's outputs, one per output name.</param>
/// <param name="Domain">Operator set; empty for the default one.</param>
internal sealed record ImporterEntry(string OpType, Func<ImportContext, Value[]> Import, string Domain = "");

/// <summary>Every ONNX operator that can be imported, by family. A new importer is one line in its family's list.</summary>
internal static partial class ImporterCatalog
{
    /// <summary>All entries, in source order.</summary>
    public static readonly ImporterEntry[] All =
    [
        .. Convolutions,
        .. Elementwise,
        .. Reductions,
        .. Normalizations,
        .. Movements,
        .. Sampling,
        .. Quantizations,
    ];

    private static readonly Dictionary<(string Domain, string OpType), ImporterEntry> ByName = All.ToDictionary(e => (e.Domain, e.OpType));

    /// <summary>The entry for an operator, or null.</summary>
    public static ImporterEntry? Find(string domain, string opType) => ByName.GetValueOrDefault((OnnxFile.IsDefaultDomain(domain) ? "" : domain, opType));

    /// <summary>Names of the default domain that look like <paramref name="opType"/>, for error messages.</summary>
    public static IEnumerable<string> Similar(string opType) =>
        All.Select(e => e.OpType).Where(n => n.StartsWith(opType[..Math.Min(4, opType.Length)], StringComparison.OrdinalIgnoreCase)).Take(3);
}
