using System.Globalization;
using System.Text;
using Edge.Bench.Latency;
using Edge.Bench.Reports;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Processes;

/// <summary>Several processes of one program with one model.</summary>
/// <param name="ProgramBytes">Size of a program that is machine code, with its libraries; null for the JIT.</param>
public sealed record ProcessRow(string Model, string Program, long? ProgramBytes, IReadOnlyList<ProcessRun> Runs)
{
    public double FirstResultMs => Median(r => r.FirstResultMs);

    public double SteadyMs => Median(r => r.SteadyMs);

    /// <summary>The largest of all processes.</summary>
    public long PeakBytes => Runs.Max(r => r.PeakBytes);

    /// <summary>Medians over the processes of the first, second, ... inference.</summary>
    public double[] FirstRunsMs => [.. Enumerable.Range(0, Runs.Min(r => r.FirstRunsMs.Length)).Select(i => Median(r => r.FirstRunsMs[i]))];

    private double Median(Func<ProcessRun, double> of) => new Series("", [.. Runs.Select(of)]).Median;
}

/// <summary>Tables of what processes did.</summary>
public static class ProcessTable
{
    /// <summary>From the start of the process to the first result, and how latencies settle.</summary>
    public static string Cold(IReadOnlyList<ProcessRow> rows)
    {
        var text = new StringBuilder("| model | program | first result ms | 1st | 2nd | 3rd | 4th | 5th | steady ms | 2nd / steady |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        foreach (ProcessRow row in rows)
        {
            double[] first = row.FirstRunsMs;
            string[] cells = [.. Enumerable.Range(0, ModelProgram.FirstRuns).Select(i => i < first.Length ? Cell.Milliseconds(first[i]) : "")];
            text.Append(CultureInfo.InvariantCulture, $"| {row.Model} | {row.Program} | {Cell.Milliseconds(row.FirstResultMs)} | {string.Join(" | ", cells)} | {Cell.Milliseconds(row.SteadyMs)} | {(first.Length > 1 ? (first[1] / row.SteadyMs).ToString("F2", CultureInfo.InvariantCulture) : "")} |\n");
        }
        return text.ToString();
    }

    /// <summary>Peak of the resident set, and its ratio to the peer's smallest.</summary>
    public static string Memory(IReadOnlyList<ProcessRow> rows)
    {
        var text = new StringBuilder("| model | program | peak | / least of ONNX Runtime | program on disk |\n|---|---|---:|---:|---:|\n");
        foreach (ProcessRow row in rows)
        {
            long peer = rows.Where(r => r.Model == row.Model && r.Program.StartsWith(PeerProgram.Prefix, StringComparison.Ordinal)).Select(r => r.PeakBytes).DefaultIfEmpty().Min();
            text.Append(CultureInfo.InvariantCulture, $"| {row.Model} | {row.Program} | {Quantity.Bytes(row.PeakBytes)} | {(peer == 0 ? "" : ((double)row.PeakBytes / peer).ToString("F2", CultureInfo.InvariantCulture))} | {(row.ProgramBytes is { } bytes ? Quantity.Bytes(bytes) : "")} |\n");
        }
        return text.ToString();
    }
}
