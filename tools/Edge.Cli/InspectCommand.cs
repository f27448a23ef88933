using System.CommandLine;
using System.Text.Json;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Commands;
using Edge.Runtime;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Cli;

/// <summary><c>edge inspect</c>: what is in a model, and how this device would run it.</summary>
internal sealed class InspectCommand : Command
{
    private readonly Argument<string> _model = CommonOptions.Model();
    private readonly Option<bool> _plan = new("--plan") { Description = "Print the steps with their kernel rows, and a map of the arena." };
    private readonly Option<string> _backend = CommonOptions.Backend();
    private readonly Option<string> _precision = CommonOptions.Precision();
    private readonly Option<bool> _json = CommonOptions.Json();

    public InspectCommand()
        : base("inspect", "Shows what is in a model.")
    {
        Arguments.Add(_model);
        Options.Add(_plan);
        Options.Add(_backend);
        Options.Add(_precision);
        Options.Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult result)
    {
        string path = result.GetRequiredValue(_model);
        EdgeModel model = EdgeModel.Open(path);
        bool withPlan = result.GetValue(_plan);
        Placement placement = Place(model, path, result.GetValue(_backend)!, withPlan);
        HashSet<int> placed = [.. placement.OnDevice];
        HashSet<Node> onDevice = [.. model.Graph.Nodes.Where((_, i) => placed.Contains(i))];
        using ExecutionPlan plan = Planner.Plan(model.File.Graph, KernelQuery.Default with { Profile = Profile(placement.Backend, result.GetValue(_precision)!) }, onDevice.Contains);
        InspectJson report = Describe(path, model.File, plan, withPlan) with { Placement = withPlan ? Describe(placement, plan) : null };
        if (result.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(report, CliJson.Default.InspectJson));
            return 0;
        }
        Console.Out.Write(ToText(report));
        if (withPlan)
        {
            Console.Out.Write($"\n{PlanPrinter.Steps(plan)}\n{ToText(report.Placement!)}\n{PlanPrinter.ArenaMap(plan)}");
        }
        return 0;
    }

    /// <summary>Where the nodes are computed: all on the device of a backend; for <c>auto</c> as it was measured on this machine, or is now for a plan.</summary>
    private static Placement Place(EdgeModel model, string path, string backend, bool withPlan) => backend switch
    {
        "cpu" => Placement.OnProcessor("asked for"),
        "auto" => withPlan ? DeviceSessions.FindPlacement(model, path, new SessionOptions()) : Placement.OnProcessor("not measured"),
        _ => new Placement("", "", backend, "", [.. Enumerable.Range(0, model.Graph.Nodes.Count)], 0, 0, ["asked for"]),
    };

    /// <summary>What is known of the device by which rows are chosen; of one that is not here, what is typical.</summary>
    private static DeviceProfile Profile(string backend, string precision)
    {
        DeviceProfile profile = DeviceProfile.Default;
        if (Enum.TryParse(backend, ignoreCase: true, out DeviceApi api))
        {
            try
            {
                using IDevice device = DeviceCatalog.Open(api);
                profile = device.Profile;
            }
            catch (EdgeException exception) when (exception.Error is EdgeError.DeviceMissing or EdgeError.DeviceUnsupported)
            {
                CommandLineApp.Warn($"the plan is that of a typical device: {exception.Message}");
            }
        }
        return profile with { Weights = precision == "f16" ? DataType.F16 : DataType.F32 };
    }

    private static PlacementJson Describe(Placement placement, ExecutionPlan plan) => new(
        placement.Backend,
        placement.Device.Length == 0 ? null : placement.Device,
        placement.CpuMs == 0 ? null : placement.CpuMs,
        placement.ChosenMs == 0 ? null : placement.ChosenMs,
        placement.Remarks,
        [.. plan.Stages.Select(s => new StageJson(s.IsOnDevice, s.First, s.Count, s.Uploads.Sum(r => r.Bytes), s.Downloads.Sum(r => r.Bytes)))]);

    private static string ToText(PlacementJson placement)
    {
        var table = new TextTable(">steps", "on", ">copied to it", ">copied back");
        foreach (StageJson stage in placement.Stages)
        {
            table.Add($"{stage.FirstStep}..{stage.FirstStep + stage.Steps - 1}", stage.OnDevice ? placement.Backend : "cpu", stage.UploadBytes.ToString(), stage.DownloadBytes.ToString());
        }
        return $"{table}{string.Join("", placement.Remarks.Select(r => $"{placement.Backend}: {r}\n"))}";
    }

    private static InspectJson Describe(string path, ModelFile file, ExecutionPlan plan, bool withPlan)
    {
        var summary = ModelSummary.Of(file.Graph);
        Provenance origin = file.Provenance;
        return new InspectJson(
            path,
            file.Graph.Name,
            new FileInfo(path).Length,
            [.. file.Graph.Inputs.Select(ToJson)],
            [.. file.Graph.Outputs.Select(ToJson)],
            summary.Nodes,
            summary.Operators.ToDictionary(p => p.Key, p => p.Value),
            summary.Parameters,
            summary.MultiplyAdds,
            summary.WeightBytes,
            plan.ArenaBytes,
            plan.LiveBytes,
            [.. file.Labels],
            DescribePreprocessing(file),
            [.. file.Goldens.Select(g => new GoldenJson(g.Name, g.Tolerance, null, null))],
            new ProvenanceJson(origin.Writer, origin.Source, origin.SourceSha256, origin.Producer),
            withPlan ? [.. plan.Steps.Select(ToJson)] : null,
            null);
    }

    private static ValueJson ToJson(Value value) => new(value.Name, value.Info.Type.Name(), value.Info.Shape?.ToArray());

    private static StepJson ToJson(PlanStep step)
    {
        Location? output = step.Outputs.FirstOrDefault();
        return new StepJson(
            step.Node.Name,
            step.Node.Operator.Kind,
            step.RowName,
            output?.Value.Info.ToString() ?? "",
            output?.Buffer?.Offset,
            output?.Buffer?.Bytes,
            step.Scratch?.Bytes ?? 0,
            step.Kernel?.PackedBytes ?? 0);
    }

    private static string? DescribePreprocessing(ModelFile file)
    {
        if (file.Image is { } image)
        {
            return FormattableString.Invariant($"image {image.Width} x {image.Height}, {image.Resize}, {image.Interpolation}, {image.Channels}, {(image.ChannelsLast ? "NHWC" : "NCHW")}, (pixel * {image.Scale:G6} - [{Join(image.Mean)}]) / [{Join(image.Std)}]");
        }
        return file.Signal is { } signal
            ? FormattableString.Invariant($"signal window {signal.Window}, hop {signal.Hop}, {signal.SampleRate} Hz, high-pass {signal.HighPass}, low-pass {signal.LowPass}, notch {signal.Notch}{(signal.BeforeBeat is { } before ? $", {before} samples before each beat" : "")}{(signal.Standardize ? ", standardized" : "")}")
            : null;
    }

    private static string Join(float[] values) => string.Join(", ", values.Select(v => v.ToString("G6")));

    private static string ToText(InspectJson report)
    {
        var table = new TextTable("", "");
        table.Add("model", $"{report.Model}, {Quantity.Bytes(report.FileBytes)}, graph '{report.Name}'");
        AddValues(table, "input", report.Inputs);
        AddValues(table, "output", report.Outputs);
        table.Add("nodes", $"{report.Nodes}: {string.Join(", ", report.Operators.Select(o => $"{o.Key} {o.Value}"))}");
        table.Add("parameters", Quantity.Count(report.Parameters));
        table.Add("multiply-adds", Quantity.Count(report.MultiplyAdds));
        table.Add("weights", Quantity.Bytes(report.WeightsBytes));
        table.Add("arena", $"{Quantity.Bytes(report.ArenaBytes)} (lower bound {Quantity.Bytes(report.ArenaLowerBoundBytes)})");
        table.Add("labels", report.Labels.Length == 0 ? "none" : $"{report.Labels.Length}: {string.Join(", ", report.Labels.Take(5))}{(report.Labels.Length > 5 ? ", ..." : "")}");
        table.Add("preprocessing", report.Preprocessing ?? "none");
        table.Add("golden samples", report.Goldens.Length == 0 ? "none" : string.Join(", ", report.Goldens.Select(g => FormattableString.Invariant($"{g.Name} (tolerance {g.Tolerance:G3})"))));
        table.Add("source", $"{report.Provenance.Source}{(report.Provenance.Producer.Length > 0 ? $" by {report.Provenance.Producer}" : "")}");
        table.Add("source SHA-256", report.Provenance.SourceSha256);
        table.Add("written by", report.Provenance.Writer);
        return table.ToString();
    }

    private static void AddValues(TextTable table, string title, ValueJson[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            string shape = values[i].Shape is { } dims ? string.Join(',', dims) : "?";
            table.Add($"{title} {i}", $"{values[i].Name}  {values[i].Type}[{shape}]");
        }
    }
}
