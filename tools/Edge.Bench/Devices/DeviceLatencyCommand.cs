using System.CommandLine;
using System.Diagnostics;
using Edge.Bench.Latency;
using Edge.Bench.Machine;
using Edge.Bench.Reports;
using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Bench.Devices;

/// <summary><c>edge-bench device-latency</c>: time per inference on OpenCL and Vulkan, against what the device can do at most.</summary>
internal sealed class DeviceLatencyCommand : Command
{
    private readonly Argument<string[]> _models = new("MODEL") { Description = "ONNX or .edge files, or folders of ONNX files.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int> _warmup = BenchOptions.Number("--warmup", "Runs that are not measured.", 20, 0, 1_000_000);
    private readonly Option<int> _runs = BenchOptions.Number("--runs", "Runs that are measured.", 200, 1, 1_000_000);
    private readonly Option<bool> _half = new("--f16") { Description = "Also with weights in float16." };
    private readonly Option<string?> _row = new("--row") { Description = "Kernel row that is taken wherever it fits, instead of the one that is estimated to be the fastest.", HelpName = "ROW" };
    private readonly Option<bool> _layers = new("--layers") { Description = "Also print the time of each step, each in a submission of its own." };
    private readonly Option<DevicePeak?> _peak = new("--peak") { Description = "What the device reaches at most, by its data sheet; measured where it is not given.", HelpName = "GFLOPS,GBPS", CustomParser = DevicePeak.Parse };
    private readonly Option<Dictionary<string, Shape>> _shapes = BenchOptions.InputShapes();
    private readonly BenchReport _report = new();

    public DeviceLatencyCommand()
        : base("device-latency", "Measures models on OpenCL and Vulkan against the peak of the device.")
    {
        Arguments.Add(_models);
        foreach (Option option in new Option[] { _warmup, _runs, _half, _row, _layers, _peak, _shapes })
        {
            Options.Add(option);
        }
        _report.AddTo(this);
        SetAction(Run);
    }

    /// <returns>0 when every model was measured on a device at least, else 1.</returns>
    private int Run(ParseResult result)
    {
        var devices = new List<MeasuredDevice>();
        var rows = new List<DeviceLatency>();
        foreach (DeviceApi api in new[] { DeviceApi.OpenCl, DeviceApi.Vulkan })
        {
            try
            {
                using IDevice device = DeviceCatalog.Open(api);
                devices.Add(new MeasuredDevice(device.Info.Backend, device.Info.Name, device.Info.Driver, result.GetValue(_peak) ?? PeakMeasurement.Run(device), result.GetValue(_peak) is null, device.Profile));
            }
            catch (EdgeException exception) when (exception.Error == EdgeError.DeviceMissing)
            {
                Console.Error.WriteLine(exception.Message);
            }
        }
        foreach (string path in result.GetRequiredValue(_models).SelectMany(ModelFiles.Expand))
        {
            rows.AddRange(Measure(path, devices, result));
            ModelFiles.ReleaseUnused();
        }
        string command = $"edge-bench {BenchOptions.CommandLine(result)}";
        var json = new DeviceLatencyJson(MachineReport.ProcessorName(), [.. devices], command, [.. rows]);
        _report.Write(result, "device-latency", DeviceLatencyTable.Of(json), json, BenchJson.Default.DeviceLatencyJson);
        return rows.Count > 0 ? 0 : 1;
    }

    private IEnumerable<DeviceLatency> Measure(string path, List<MeasuredDevice> devices, ParseResult result)
    {
        Graph graph = ModelFiles.Load(path, result.GetRequiredValue(_shapes));
        IReadOnlyList<Tensor> inputs = ModelFiles.RandomInputsOf(graph);
        using var processor = new InferenceSession(graph);
        Tensor[] expected = processor.Run(inputs);
        foreach (MeasuredDevice measured in devices)
        {
            using IDevice device = DeviceCatalog.Open(Enum.Parse<DeviceApi>(measured.Api, ignoreCase: true));
            foreach (DataType weights in result.GetValue(_half) ? new[] { DataType.F32, DataType.F16 } : [DataType.F32])
            {
                var options = new SessionOptions { Device = device, DeviceWeights = weights, Kernels = KernelQuery.Default with { DeviceRow = result.GetValue(_row) } };
                using var session = new InferenceSession(graph, options);
                double[] runs = Time(session, inputs, result.GetValue(_warmup), result.GetValue(_runs));
                double difference = Enumerable.Range(0, expected.Length).Max(i => GoldenCheck.RelativeError(session.ReadOutput(i), expected[i]));
                var row = new DeviceLatency(
                    ModelFiles.NameOf(path), measured.Api, weights.Name(), ModelSummary.Of(graph).MultiplyAdds, TrafficOf(session.Plan),
                    session.Plan.Steps.Count, session.Plan.Steps.Count(s => s.IsOnDevice), session.Plan.Steps.Sum(s => (s.Kernel as DeviceKernel)?.Dispatches.Count ?? 0),
                    [.. session.Plan.Steps.GroupBy(s => s.RowName).Where(g => g.Key.StartsWith("conv_", StringComparison.Ordinal)).Select(g => $"{g.Count()} {g.Key}")],
                    difference, new Series("", runs).Median, runs.Min());
                Console.Error.WriteLine(DeviceLatencyTable.Line(row));
                if (result.GetValue(_layers))
                {
                    Console.Error.WriteLine(DeviceLatencyTable.Layers(LayerProfile.Measure(session, inputs, result.GetValue(_runs))));
                }
                yield return row;
            }
        }
    }

    private static double[] Time(InferenceSession session, IReadOnlyList<Tensor> inputs, int warmup, int runs)
    {
        var times = new double[runs];
        for (int run = -warmup; run < runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < inputs.Count; i++)
            {
                session.SetInput(i, inputs[i]);
            }
            session.Execute();
            times[Math.Max(run, 0)] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        return times;
    }

    /// <summary>Bytes that the steps have to read and write if each touches every value once; constants count as they lie on the device.</summary>
    private static long TrafficOf(ExecutionPlan plan) => plan.Steps.Sum(step =>
        step.Inputs.OfType<Location>().Concat(step.Outputs).Where(l => l.Value.Info.IsKnown)
            .Sum(l => l.Constant is not null && step.RowName.Contains("_f16_", StringComparison.Ordinal) ? l.Value.Info.Bytes / 2 : l.Value.Info.Bytes));
}
