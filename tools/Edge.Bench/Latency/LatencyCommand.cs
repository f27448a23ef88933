using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Edge.Bench.Inference;
using Edge.Bench.Machine;
using Edge.Bench.Reports;
using Edge.Commands;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Bench.Latency;

/// <summary>
/// <c>edge-bench latency</c>: Edge beside ONNX Runtime, in one process, on the same models, inputs and numbers of threads.
/// </summary>
internal sealed class LatencyCommand : Command
{
    private readonly Argument<string[]> _models = BenchOptions.Models();
    private readonly Option<int[]> _threads = BenchOptions.Threads();
    private readonly Option<int> _rounds = BenchOptions.Number("--rounds", "Turns that each engine gets.", 8, 1, 10_000);
    private readonly Option<double> _seconds = BenchOptions.Seconds("--seconds", "Length of a turn; at least three runs.", 0.5);
    private readonly Option<string> _spinning = new("--peer-spinning") { Description = "Whether idle threads of ONNX Runtime wait actively.", HelpName = "on|off|both", DefaultValueFactory = _ => "off" };
    private readonly Option<Dictionary<string, Shape>> _shapes = BenchOptions.InputShapes();
    private readonly BenchReport _report = new();

    public LatencyCommand()
        : base("latency", "Times Edge beside ONNX Runtime.")
    {
        _spinning.AcceptOnlyFromAmong("on", "off", "both");
        Arguments.Add(_models);
        foreach (Option option in new Option[] { _threads, _rounds, _seconds, _spinning, _shapes })
        {
            Options.Add(option);
        }
        _report.AddTo(this);
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string[] paths = [.. result.GetRequiredValue(_models).SelectMany(ModelFiles.Expand)];
        int[] threads = result.GetRequiredValue(_threads);
        MachineReport machine = MachineReport.Measure(threads, BenchOptions.CommandLine(result));
        var rows = new List<LatencyRow>();
        foreach (string path in paths)
        {
            foreach (int count in threads)
            {
                rows.AddRange(Measure(result, path, count));
                ModelFiles.ReleaseUnused();
            }
        }
        string markdown = $"{machine.ToMarkdown()}\n{LatencyTable.Of(rows, n => machine.Peak(n).Gflops)}";
        _report.Write(result, "latency", markdown, new LatencyJson(machine, [.. rows], Means(rows)), BenchJson.Default.LatencyJson);
        return 0;
    }

    /// <summary>One row per setting of the peer. With one thread there is no pool, so the setting does not matter.</summary>
    private IEnumerable<LatencyRow> Measure(ParseResult result, string path, int threads)
    {
        string setting = threads == 1 ? "off" : result.GetRequiredValue(_spinning);
        bool[] spinning = setting == "both" ? [false, true] : [setting == "on"];
        Graph graph = ModelFiles.Load(path, result.GetRequiredValue(_shapes));
        IReadOnlyList<Tensor> inputs = ModelFiles.RandomInputsOf(graph);
        TensorInfo[] outputs = [.. graph.Outputs.Select(o => o.Info)];
        var engines = new List<IInference>();
        try
        {
            engines.Add(new EdgeInference(graph, inputs, threads));
            engines.AddRange(spinning.Select(s => new OrtInference(path, inputs, outputs, threads, s)));
            Series[] series = SideBySide.Measure(engines, result.GetValue(_rounds), TimeSpan.FromSeconds(result.GetValue(_seconds)));
            double difference = ModelComparison.RelativeError(engines[0].Outputs(), engines[1].Outputs());
            long work = ModelSummary.Of(graph).MultiplyAdds;
            LatencyRow[] rows = [.. spinning.Select((s, i) => new LatencyRow(ModelFiles.NameOf(path), threads, s, work, series[0], series[i + 1], difference))];
            Array.ForEach(rows, Announce);
            return rows;
        }
        finally
        {
            engines.ForEach(e => e.Dispose());
        }
    }

    /// <summary>A line on stderr while the rest is still running.</summary>
    private static void Announce(LatencyRow row)
    {
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Model,-24} {row.Threads} thread(s)  Edge {row.Edge.Median,9:F3} ms  {row.Peer.Name} {row.Peer.Median,9:F3} ms  ratio {row.RatioOfMedians:F3} (of minima {row.RatioOfMinima:F3})"));
        if (row.Difference > ComparisonResult.Limit)
        {
            CommandLineApp.Warn(string.Create(CultureInfo.InvariantCulture, $"{row.Model}: the outputs differ by {row.Difference:G2} of the largest, more than {ComparisonResult.Limit:G2}: the times may not compare"));
        }
    }

    private static GroupJson[] Means(IReadOnlyList<LatencyRow> rows) =>
    [
        .. rows.GroupBy(r => (r.Threads, r.Spinning))
            .Select(g => new GroupJson(g.Key.Threads, g.Key.Spinning, GeometricMean.Of(g.Select(r => r.RatioOfMedians)), GeometricMean.Of(g.Select(r => r.RatioOfMinima)))),
    ];
}
