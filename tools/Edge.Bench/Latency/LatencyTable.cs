using System.Globalization;
using System.Text;
using Edge.Bench.Reports;

namespace Edge.Bench.Latency;

/// <summary>The rows of a measurement as Markdown: a table and geometric means for each number of threads and setting of the peer.</summary>
public static class LatencyTable
{
    /// <param name="peak">The machine's peak in 10^9 operations per second for a number of threads.</param>
    public static string Of(IReadOnlyList<LatencyRow> rows, Func<int, double> peak)
    {
        var text = new StringBuilder();
        foreach (IGrouping<(int Threads, bool Spinning), LatencyRow> group in rows.GroupBy(r => (r.Threads, r.Spinning)))
        {
            string spinning = group.Key.Threads == 1 ? "" : $", ONNX Runtime spinning {(group.Key.Spinning ? "on" : "off")}";
            text.Append(CultureInfo.InvariantCulture, $"{group.Key.Threads} thread{(group.Key.Threads == 1 ? "" : "s")}{spinning}:\n\n");
            Append(text, [.. group], peak(group.Key.Threads));
            text.Append('\n');
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, LatencyRow[] rows, double peak)
    {
        text.Append("| model | GFLOP | Edge ms | ORT ms | Edge / ORT | of minima | Edge GFLOP/s | of peak | ORT GFLOP/s | of peak | runs |\n");
        text.Append("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        foreach (LatencyRow row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Model} | {row.MultiplyAdds * 2e-9:F3} | {Cell.Milliseconds(row.Edge.Median)} | {Cell.Milliseconds(row.Peer.Median)} | {row.RatioOfMedians:F2} | {row.RatioOfMinima:F2} ");
            foreach (Series series in new[] { row.Edge, row.Peer })
            {
                double gflops = series.Gflops(row.MultiplyAdds);
                text.Append(CultureInfo.InvariantCulture, $"| {gflops:F1} | {100 * gflops / peak:F0} % ");
            }
            text.Append(CultureInfo.InvariantCulture, $"| {row.Edge.Runs} + {row.Peer.Runs} |\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"| geometric mean | | | | {GeometricMean.Of(rows.Select(r => r.RatioOfMedians)):F2} | {GeometricMean.Of(rows.Select(r => r.RatioOfMinima)):F2} | | | | | |\n");
    }
}
