using System.Globalization;
using System.Text;
using Edge.Bench.Latency;
using Edge.Bench.Reports;

namespace Edge.Bench.Int8;

/// <summary>The rows of a measurement as Markdown: a table and geometric means for each number of threads.</summary>
public static class Int8Table
{
    public static string Of(IReadOnlyList<Int8Row> rows)
    {
        var text = new StringBuilder();
        foreach (IGrouping<int, Int8Row> group in rows.GroupBy(r => r.Threads))
        {
            text.Append(CultureInfo.InvariantCulture, $"{group.Key} thread{(group.Key == 1 ? "" : "s")}:\n\n");
            Append(text, [.. group]);
            text.Append('\n');
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, Int8Row[] rows)
    {
        text.Append("| model | GOP | Edge ms | ORT ms | Edge / ORT | of minima | Edge float32 ms | int8 / float32 | Edge GOP/s | ORT GOP/s | file / ONNX | runs |\n");
        text.Append("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        foreach (Int8Row row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Model} | {row.MultiplyAdds * 2e-9:F3} | {Cell.Milliseconds(row.Edge.Median)} | {Cell.Milliseconds(row.Peer.Median)} | {row.RatioOfMedians:F2} | {row.RatioOfMinima:F2} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Cell.Milliseconds(row.Real.Median)} | {row.ToReal:F2} | {row.Edge.Gflops(row.MultiplyAdds):F1} | {row.Peer.Gflops(row.MultiplyAdds):F1} ");
            text.Append(CultureInfo.InvariantCulture, $"| {100 * row.FileShare:F0} % | {row.Edge.Runs} + {row.Peer.Runs} + {row.Real.Runs} |\n");
        }
        double ratio = GeometricMean.Of(rows.Select(r => r.RatioOfMedians));
        double minima = GeometricMean.Of(rows.Select(r => r.RatioOfMinima));
        text.Append(CultureInfo.InvariantCulture, $"| geometric mean | | | | {ratio:F2} | {minima:F2} | | {GeometricMean.Of(rows.Select(r => r.ToReal)):F2} | | | | |\n");
    }
}
