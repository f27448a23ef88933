namespace Edge.Runtime.Operators;

/// <summary>How an operator is read back from a file.</summary>
/// <param name="Kind">Name in the file; never changes once released.</param>
/// <param name="Read">Makes the operator from its attributes.</param>
public sealed record OperatorEntry(string Kind, Func<AttributeReader, Operator> Read);

/// <summary>Every operator, by family. A new operator is one line in its family's list.</summary>
public static partial class OperatorCatalog
{
    /// <summary>All entries, in source order.</summary>
    public static readonly OperatorEntry[] All =
    [
        .. Convolutions,
        .. Elementwise,
        .. Reductions,
        .. Normalizations,
        .. Movements,
        .. Sampling,
        .. Gradients,
        .. Quantizations,
    ];

    private static readonly Dictionary<string, OperatorEntry> ByKind = All.ToDictionary(e => e.Kind, StringComparer.Ordinal);

    /// <summary>The entry named <paramref name="kind"/>, or null.</summary>
    public static OperatorEntry? Find(string kind) => ByKind.GetValueOrDefault(kind);
}
