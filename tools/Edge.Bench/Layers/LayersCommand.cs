using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Edge.Bench.Machine;
using Edge.Bench.Reports;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Bench.Layers;

/// <summary><c>edge-bench layers</c>: the time of each layer of a model beside the least that the machine needs for it.</summary>
internal sealed class LayersCommand : Command
{
    /// <summary>The first runs compile (in .NET twice: quickly, then well).</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);

    private readonly Argument<string> _model = BenchOptions.Model();
    private readonly Option<int> _threads = BenchOptions.Number("--threads", "Threads that work on one inference.", 1, 1, 1024);
    private readonly Option<int> _runs = BenchOptions.Number("--runs", "Runs that are measured.", 50, 1, 100_000);
    private readonly Option<int> _top = BenchOptions.Number("--top", "Only the layers that take longest; 0 = all, in order.", 0, 0, 1_000_000);
    private readonly Option<Dictionary<string, Shape>> _shapes = BenchOptions.InputShapes();
    private readonly BenchReport _report = new();

    public LayersCommand()
        : base("layers", "Times each layer against the roofline of this machine.")
    {
        Arguments.Add(_model);
        foreach (Option option in new Option[] { _threads, _runs, _top, _shapes })
        {
            Options.Add(option);
        }
        _report.AddTo(this);
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string path = result.GetRequiredValue(_model);
        int threads = result.GetValue(_threads);
        MachineReport machine = MachineReport.Measure([threads], BenchOptions.CommandLine(result));
        Graph graph = ModelFiles.Load(path, result.GetRequiredValue(_shapes));
        IReadOnlyList<Tensor> inputs = ModelFiles.RandomInputsOf(graph);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = threads });
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < WarmUp;)
        {
            LayerProfile.Measure(session, inputs, 1);
        }
        LayerTime[] layers = LayerProfile.Measure(session, inputs, result.GetValue(_runs));
        var roofline = new Roofline(machine.Peak(threads), session.Plan.ArenaBytes + session.Plan.WeightBytes);
        LayerJson[] rows = [.. layers.Select(l => ToJson(l, roofline.Milliseconds(l)))];
        var report = new LayersJson(machine, ModelFiles.NameOf(path), threads, result.GetValue(_runs), rows.Sum(r => r.Ms), rows);
        _report.Write(result, "layers", ToMarkdown(report, result.GetValue(_top)), report, BenchJson.Default.LayersJson);
        return 0;
    }

    private static LayerJson ToJson(LayerTime layer, double roofline) => new(
        layer.Step.Node.Name,
        layer.Step.Node.Operator.Kind,
        layer.Step.RowName,
        layer.Step.Outputs.FirstOrDefault()?.Value.Info.ToString() ?? "",
        layer.Milliseconds,
        layer.LeastMilliseconds,
        layer.Share,
        layer.MultiplyAdds,
        layer.Gflops,
        layer.ConstantBytes,
        layer.ActivationBytes,
        roofline,
        layer.Milliseconds == 0 ? 0 : roofline / layer.Milliseconds);

    private static string ToMarkdown(LayersJson report, int top)
    {
        var text = new StringBuilder(report.Machine.ToMarkdown());
        LayerJson[] shown = top == 0 ? report.Layers : [.. report.Layers.OrderByDescending(l => l.Ms).Take(top)];
        text.Append(CultureInfo.InvariantCulture, $"\n{report.Model}, {report.Threads} thread{(report.Threads == 1 ? "" : "s")}, medians of {report.Runs} runs{(top == 0 ? "" : $", the {shown.Length} longest of {report.Layers.Length} layers")}:\n\n");
        text.Append("| ms | least | share | GFLOP/s | weights | activations | of roofline | row | operator | output | node |\n|---:|---:|---:|---:|---:|---:|---:|---|---|---|---|\n");
        foreach (LayerJson layer in shown)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Cell.Milliseconds(layer.Ms)} | {Cell.Milliseconds(layer.LeastMs)} | {layer.Share * 100:F1} % | {(layer.MultiplyAdds == 0 ? "" : layer.Gflops.ToString("F1", CultureInfo.InvariantCulture))} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Quantity.Bytes(layer.ConstantBytes)} | {Quantity.Bytes(layer.ActivationBytes)} | {layer.ShareOfRoofline * 100:F0} % | {layer.Row} | {layer.Operator} | {layer.Output} | {layer.Node} |\n");
        }
        double gflops = report.Layers.Sum(l => l.MultiplyAdds) * 2 / report.Ms / 1e6;
        text.Append(CultureInfo.InvariantCulture, $"| {Cell.Milliseconds(report.Ms)} | {Cell.Milliseconds(report.Layers.Sum(l => l.LeastMs))} | 100 % | {gflops:F1} | {Quantity.Bytes(report.Layers.Sum(l => l.ConstantBytes))} | {Quantity.Bytes(report.Layers.Sum(l => l.ActivationBytes))} | {report.Layers.Sum(l => l.RooflineMs) / report.Ms * 100:F0} % | sum | | | |\n");
        return text.ToString();
    }
}
