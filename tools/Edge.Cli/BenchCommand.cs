using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Edge.Kernels.Tensors;
using Edge.Runtime;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;

namespace Edge.Cli;

/// <summary>
/// <c>edge bench</c>: latency of one inference, memory, and time per layer. The cold start counts from the start of the
/// process to the first result; the arena is what activations need, weights are the constants of the file plus their packed
/// copies.
/// </summary>
internal sealed class BenchCommand : Command
{
    private const int FirstRuns = 5;

    private readonly Argument<string> _model = CommonOptions.Model();
    private readonly Option<string> _backend = CommonOptions.Backend();
    private readonly Option<string> _precision = CommonOptions.Precision();
    private readonly Option<int> _threads = CommonOptions.Threads();
    private readonly Option<int> _warmup = CommonOptions.Number("--warmup", "Runs that are not measured.", 10, 0, 1_000_000);
    private readonly Option<int> _runs = CommonOptions.Number("--runs", "Runs that are measured.", 50, 1, 1_000_000);
    private readonly Option<int> _stream = CommonOptions.Number("--stream", "Also measure the model on a stream, by hops of N samples; 0 = no.", 0, 0, 1 << 24);
    private readonly Option<bool> _layers = new("--layers") { Description = "Print the time of each layer, from a second series of runs." };
    private readonly Option<bool> _json = CommonOptions.Json();

    public BenchCommand()
        : base("bench", "Measures a model on this device, on its golden sample or made-up input.")
    {
        Arguments.Add(_model);
        foreach (Option option in new Option[] { _backend, _precision, _threads, _warmup, _runs, _layers, _stream, _json })
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string path = result.GetRequiredValue(_model);
        EdgeModel model = EdgeModel.Open(path);
        using InferenceSession session = CommonOptions.Open(model, result.GetRequiredValue(_model), result.GetValue(_backend)!, result.GetValue(_threads), result.GetValue(_precision)!);
        IReadOnlyList<Tensor> inputs = RandomInputs.For(model);
        int warmup = 1 + result.GetValue(_warmup);
        var times = new double[warmup + result.GetValue(_runs)];
        times[0] = Time(session, inputs);
        double coldStart = (TimeProvider.System.GetLocalNow().DateTime - Process.GetCurrentProcess().StartTime).TotalMilliseconds;
        for (int i = 1; i < warmup; i++)
        {
            times[i] = Time(session, inputs);
        }
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = warmup; i < times.Length; i++)
        {
            times[i] = Time(session, inputs);
        }
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        double[] milliseconds = times[warmup..];
        Array.Sort(milliseconds);
        var report = new BenchJson(
            path,
            CommonOptions.BackendOf(session),
            session.Threads,
            milliseconds.Length,
            new LatencyJson(milliseconds[0], Median(milliseconds), milliseconds[(int)Math.Ceiling(milliseconds.Length * 0.95) - 1], milliseconds[^1]),
            coldStart,
            session.Plan.ArenaBytes,
            session.Plan.WeightBytes + session.Plan.PackedBytes,
            Process.GetCurrentProcess().PeakWorkingSet64,
            allocated / milliseconds.Length,
            times[..Math.Min(times.Length, FirstRuns)],
            result.GetValue(_stream) is > 0 and int hop ? StreamBench.Measure(model, hop, result.GetValue(_threads), milliseconds.Length) : null,
            result.GetValue(_layers) ? [.. LayerProfile.Measure(session, inputs, milliseconds.Length).Select(ToJson)] : null,
            session.Device?.Name);
        Console.Out.Write(result.GetValue(_json) ? JsonSerializer.Serialize(report, CliJson.Default.BenchJson) + "\n" : ToText(report));
        return 0;
    }

    /// <summary>Milliseconds of one inference.</summary>
    private static double Time(InferenceSession session, IReadOnlyList<Tensor> inputs)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < inputs.Count; i++)
        {
            session.SetInput(i, inputs[i]);
        }
        session.Execute();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;

    private static LayerJson ToJson(LayerTime layer) =>
        new(layer.Step.Node.Name, layer.Step.Node.Operator.Kind, layer.Step.RowName, layer.Milliseconds, layer.Share, layer.MultiplyAdds, layer.Gflops);

    private static string ToText(BenchJson report)
    {
        var table = new TextTable("", "");
        table.Add("model", report.Model);
        table.Add("backend", $"{report.Backend}{(report.Device is { } device ? $" on {device}" : "")}, {report.Threads} threads");
        table.Add("latency", $"median {Quantity.Milliseconds(report.LatencyMs.Median)}, min {Quantity.Milliseconds(report.LatencyMs.Min)}, p95 {Quantity.Milliseconds(report.LatencyMs.P95)}, max {Quantity.Milliseconds(report.LatencyMs.Max)} ({report.Runs} runs)");
        table.Add("cold start", $"{Quantity.Milliseconds(report.ColdStartMs)} from the start of the process to the first result");
        table.Add("first runs", $"{string.Join(", ", report.FirstRunsMs.Select(Quantity.Significant))} ms");
        table.Add("memory", $"arena {Quantity.Bytes(report.ArenaBytes)}, weights {Quantity.Bytes(report.WeightsBytes)}, process peak {Quantity.Bytes(report.PeakRssBytes)}");
        table.Add("allocated", $"{report.AllocatedBytesPerRun} bytes per run");
        if (report.Stream is { } stream)
        {
            table.Add("stream", $"hop of {stream.Hop} samples: median {Quantity.Milliseconds(stream.HopMs)}, whole window {Quantity.Milliseconds(stream.WindowMs)}, {stream.Speedup:F1} times as fast; {Quantity.Count(stream.HopMultiplyAdds)} of {Quantity.Count(stream.WindowMultiplyAdds)} multiply-adds, {Quantity.Bytes(stream.HopBytes)} of {Quantity.Bytes(stream.WindowBytes)} for feature maps; largest difference {stream.Difference:G2} of the largest output; edge serve runs it by {(stream.HopMs < stream.WindowMs ? "hops" : "whole windows")}");
        }
        return report.Layers is { } layers ? $"{table}\n{LayerTable(layers)}" : table.ToString();
    }

    private static TextTable LayerTable(LayerJson[] layers)
    {
        var table = new TextTable(">ms", ">share", ">GFLOP/s", "kernel row", "operator", "node");
        foreach (LayerJson layer in layers)
        {
            table.Add($"{layer.Ms:F3}", $"{layer.Share * 100:F1} %", layer.MultiplyAdds == 0 ? "-" : $"{layer.Gflops:F1}", layer.Row, layer.Operator, layer.Node);
        }
        return table;
    }
}
