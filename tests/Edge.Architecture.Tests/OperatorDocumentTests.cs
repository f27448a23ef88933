using Edge.Convert.Onnx;
using Edge.Runtime.Operators;

namespace Edge.Architecture.Tests;

/// <summary>docs/operators.md has one row for every ONNX operator that is imported and names every operator of the catalogue.</summary>
public class OperatorDocumentTests
{
    /// <summary>The cells of the table rows: ONNX operator, Edge operators, opsets, element types, notes.</summary>
    private static readonly string[][] Table =
    [
        .. File.ReadLines(Path.Combine(SourceFile.Root, "docs", "operators.md"))
            .Where(l => l.StartsWith("| ", StringComparison.Ordinal) && !l.StartsWith("| ONNX ", StringComparison.Ordinal))
            .Select(l => l.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];

    [Fact]
    public void EveryImportedOperatorHasARow()
    {
        HashSet<string> rows = [.. Table.Select(r => r[0])];
        string[] missing = [.. ImporterCatalog.All.Select(Title).Distinct().Where(n => !rows.Contains(n))];
        Assert.True(missing.Length == 0, "no row in docs/operators.md: " + string.Join(", ", missing));
    }

    [Fact]
    public void EveryRowIsImported()
    {
        HashSet<string> imported = [.. ImporterCatalog.All.Select(Title)];
        string[] wrong = [.. Table.Select(r => r[0]).Where(n => n != "-" && !imported.Contains(n))];
        Assert.True(wrong.Length == 0, "in docs/operators.md but not imported: " + string.Join(", ", wrong));
    }

    [Fact]
    public void EveryEdgeOperatorIsNamed()
    {
        HashSet<string> named = [.. Table.SelectMany(r => r[1].Split(", "))];
        string[] missing = [.. OperatorCatalog.All.Select(e => e.Kind).Where(k => !named.Contains(k))];
        Assert.True(missing.Length == 0, "not named in docs/operators.md: " + string.Join(", ", missing));
    }

    [Fact]
    public void EveryNamedEdgeOperatorExists()
    {
        string[] wrong = [.. Table.SelectMany(r => r[1].Split(", ")).Distinct().Where(k => k != "-" && OperatorCatalog.Find(k) is null)];
        Assert.True(wrong.Length == 0, "named in docs/operators.md but not in the catalogue: " + string.Join(", ", wrong));
    }

    [Fact]
    public void RowsAreComplete()
    {
        string[] wrong = [.. Table.Where(r => r.Length != 5 || r.Any(c => c.Length == 0)).Select(r => string.Join(" | ", r))];
        Assert.True(wrong.Length == 0, "5 filled cells are expected: " + string.Join('\n', wrong));
    }

    private static string Title(ImporterEntry entry) => entry.Domain.Length == 0 ? entry.OpType : $"{entry.Domain}.{entry.OpType}";
}
