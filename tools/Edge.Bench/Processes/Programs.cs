using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Edge.Bench.Latency;
using Edge.Runtime.Diagnostics;

namespace Edge.Bench.Processes;

/// <summary>What a process of its own did.</summary>
/// <param name="FirstResultMs">From the start of the process until the first result is printed.</param>
/// <param name="FirstRunsMs">Latencies of the first inferences, in order.</param>
/// <param name="SteadyMs">Median latency of all but the first.</param>
/// <param name="PeakBytes">Largest resident set.</param>
public sealed record ProcessRun(double FirstResultMs, double[] FirstRunsMs, double SteadyMs, long PeakBytes);

/// <summary>A program that runs models, and how it is started.</summary>
internal abstract record ModelProgram(string Name, string Path)
{
    /// <summary>Inferences that are reported one by one, as many as the edge command reports.</summary>
    public const int FirstRuns = 5;

    /// <summary>Bytes of the program and the libraries beside it, where it is machine code that needs nothing else; null for the JIT.</summary>
    public long? NativeBytes => !Path.Contains($"{System.IO.Path.DirectorySeparatorChar}publish{System.IO.Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        ? null
        : new FileInfo(Path).Length + new DirectoryInfo(System.IO.Path.GetDirectoryName(Path)!).GetFiles("*.so").Sum(f => f.Length);

    /// <summary>Runs a model <paramref name="runs"/> times in a new process; the first output comes with the first result.</summary>
    public abstract ProcessRun Run(PreparedModel model, int threads, int runs);

    /// <summary>
    /// Everything that was built beside this program: edge and the peer, run by the JIT, and as machine code where they are
    /// published (<c>dotnet publish -c Release -r linux-x64 tools/Edge.Cli</c>, the same with <c>tools/Edge.Bench.Peer</c>).
    /// </summary>
    public static IReadOnlyList<ModelProgram> Built()
    {
        string artifacts = System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "..", "..", ".."));
        string native = $"release_{RuntimeInformation.RuntimeIdentifier}";
        string edge = System.IO.Path.Combine(artifacts, "publish", "Edge.Cli", native, "edge");
        string peer = System.IO.Path.Combine(artifacts, "publish", "Edge.Bench.Peer", native, "edge-bench-peer");
        ModelProgram[] all =
        [
            new EdgeProgram("Edge, NativeAOT", edge),
            new EdgeProgram("Edge, JIT", System.IO.Path.Combine(artifacts, "bin", "Edge.Cli", "release", "edge")),
            new PeerProgram($"{PeerProgram.Prefix}, JIT", System.IO.Path.Combine(artifacts, "bin", "Edge.Bench.Peer", "release", "edge-bench-peer")),
            new PeerProgram($"{PeerProgram.Prefix}, NativeAOT", peer),
        ];
        return [.. all.Where(p => File.Exists(p.Path) || !p.Path.StartsWith(System.IO.Path.Combine(artifacts, "publish"), StringComparison.Ordinal))];
    }
}

/// <summary>The edge command.</summary>
internal sealed record EdgeProgram(string Name, string Path) : ModelProgram(Name, Path)
{
    public override ProcessRun Run(PreparedModel model, int threads, int runs)
    {
        string count = threads.ToString(CultureInfo.InvariantCulture);
        // Two processes: 'run' is what a user waits for, 'bench' prints the times of the inferences and the memory.
        ChildProcess first = ChildProcess.Run(Path, ["run", model.EdgePath, .. model.InputPaths, "--threads", count]);
        string measured = Math.Max(1, runs - 1).ToString(CultureInfo.InvariantCulture);
        ChildProcess bench = ChildProcess.Run(Path, "bench", model.EdgePath, "--threads", count, "--warmup", "0", "--runs", measured, "--json");
        JsonElement report = JsonDocument.Parse(bench.Output).RootElement;
        if (!report.TryGetProperty("first_runs_ms", out JsonElement firstRuns))
        {
            throw new EdgeException(EdgeError.BadInputFile, "the program is older than this one: it does not print first_runs_ms", "build or publish it again", Path);
        }
        return new ProcessRun(
            first.FirstOutput.TotalMilliseconds,
            [.. firstRuns.EnumerateArray().Select(t => t.GetDouble())],
            report.GetProperty("latency_ms").GetProperty("median").GetDouble(),
            report.GetProperty("peak_rss_bytes").GetInt64());
    }
}

/// <summary>The least C# program on ONNX Runtime.</summary>
internal sealed record PeerProgram(string Name, string Path) : ModelProgram(Name, Path)
{
    public const string Prefix = "ONNX Runtime";

    public override ProcessRun Run(PreparedModel model, int threads, int runs)
    {
        ChildProcess child = ChildProcess.Run(Path, model.OnnxPath, threads.ToString(CultureInfo.InvariantCulture), runs.ToString(CultureInfo.InvariantCulture));
        string[] lines = child.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        double[] times = [.. lines[1].Split(' ').Select(t => double.Parse(t, CultureInfo.InvariantCulture))];
        return new ProcessRun(
            child.FirstOutput.TotalMilliseconds,
            times[..Math.Min(times.Length, FirstRuns)],
            new Series("", times[Math.Min(1, times.Length - 1)..]).Median,
            long.Parse(lines[2], CultureInfo.InvariantCulture));
    }
}
