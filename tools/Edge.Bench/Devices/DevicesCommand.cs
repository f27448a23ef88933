using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Edge.Bench.Latency;
using Edge.Bench.Machine;
using Edge.Bench.Reports;
using Edge.Convert;
using Edge.Convert.Onnx;
using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Bench.Devices;

/// <summary><c>edge-bench devices</c>: every model on OpenCL and Vulkan against the processor, in float32 and in 8-bit integers.</summary>
internal sealed class DevicesCommand : Command
{
    /// <summary>Made-up samples that ranges are calibrated on: what is compared are bits, not classes.</summary>
    private const int CalibrationSamples = 2;

    private readonly Argument<string[]> _models = BenchOptions.Models();
    private readonly Option<double> _seconds = BenchOptions.Seconds("--seconds", "Length of a measurement; at least one run.", 0.5);
    private readonly Option<bool> _int8 = new("--int8") { Description = "Also quantize each model and compare it bit by bit." };
    private readonly Option<Dictionary<string, Shape>> _shapes = BenchOptions.InputShapes();
    private readonly BenchReport _report = new();

    public DevicesCommand()
        : base("devices", "Compares OpenCL and Vulkan with the processor on every model.")
    {
        Arguments.Add(_models);
        foreach (Option option in new Option[] { _seconds, _int8, _shapes })
        {
            Options.Add(option);
        }
        _report.AddTo(this);
        SetAction(Run);
    }

    /// <returns>0 when every model agrees, else 1.</returns>
    private int Run(ParseResult result)
    {
        var rows = new List<DeviceRow>();
        var refused = new List<string>();
        foreach (string path in result.GetRequiredValue(_models).SelectMany(ModelFiles.Expand))
        {
            foreach (bool int8 in result.GetValue(_int8) ? new[] { false, true } : [false])
            {
                try
                {
                    rows.Add(Measure(path, int8, result.GetRequiredValue(_shapes), TimeSpan.FromSeconds(result.GetValue(_seconds))));
                    Console.Error.WriteLine(DeviceTable.Line(rows[^1]));
                }
                catch (Exception exception) when (exception is ConversionException or EdgeException)
                {
                    refused.Add($"{ModelFiles.NameOf(path)}: {exception.Message.Split('\n')[0].Trim()}");
                    Console.Error.WriteLine(refused[^1]);
                }
                ModelFiles.ReleaseUnused();
            }
        }
        string command = $"edge-bench {BenchOptions.CommandLine(result)}";
        var json = new DevicesJson(MachineReport.ProcessorName(), Names(), command, [.. rows], [.. refused]);
        _report.Write(result, "devices", DeviceTable.Of(json), json, BenchJson.Default.DevicesJson);
        return rows.TrueForAll(r => r.Agrees) ? 0 : 1;
    }

    private static DeviceRow Measure(string path, bool int8, IReadOnlyDictionary<string, Shape> shapes, TimeSpan time)
    {
        (Graph graph, bool isExact, bool isInteger) = int8 ? Quantize(path, shapes) : Load(path, shapes);
        IReadOnlyList<Tensor> inputs = ModelFiles.RandomInputsOf(graph);
        using var processor = new InferenceSession(graph, new SessionOptions());
        Tensor[] expected = processor.Run(inputs);
        double milliseconds = Median(processor, inputs, time);
        var results = new List<DeviceResult>();
        foreach (DeviceApi api in new[] { DeviceApi.OpenCl, DeviceApi.Vulkan })
        {
            using IDevice device = DeviceCatalog.Open(api);
            using var session = new InferenceSession(graph, new SessionOptions { Device = device });
            long before = device.Submissions;
            Tensor[] outputs = session.Run(inputs);
            long submissions = device.Submissions - before;
            results.Add(new DeviceResult(
                device.Info.Backend, session.Plan.Steps.Count, session.Plan.Steps.Count(s => s.IsOnDevice), submissions,
                outputs.Zip(expected).Max(p => GoldenCheck.RelativeError(p.First, p.Second)),
                outputs.Zip(expected).All(p => p.First.ByteSpan().SequenceEqual(p.Second.ByteSpan())),
                Median(session, inputs, time)));
        }
        return new DeviceRow(ModelFiles.NameOf(path), isInteger ? "int8" : "float32", isExact, ModelSummary.Of(graph).MultiplyAdds, milliseconds, results);
    }

    /// <summary>As edge-convert reads it: models that were quantized elsewhere compute in integers.</summary>
    private static (Graph Graph, bool IsExact, bool IsInteger) Load(string path, IReadOnlyDictionary<string, Shape> shapes)
    {
        if (path.EndsWith(".edge", StringComparison.Ordinal))
        {
            return (ModelFiles.Load(path, shapes), false, false);
        }
        string[] names = ModelComparison.InputNames(path);
        Graph graph = OnnxImporter.Import(path, new ImportOptions { InputShapes = shapes.Where(p => names.Contains(p.Key)).ToDictionary() }).Graph;
        PassPipeline.Required.Run(graph);
        (Graph Graph, QuantizationOutcome Outcome)? imported = Quantizer.Import(graph);
        graph = imported?.Graph ?? graph;
        PassPipeline.Default.Run(graph);
        return (graph, imported is { Outcome.IsExact: true }, imported is not null);
    }

    private static (Graph Graph, bool IsExact, bool IsInteger) Quantize(string path, IReadOnlyDictionary<string, Shape> shapes)
    {
        string[] names = ModelComparison.InputNames(path);
        ConversionResult converted = Converter.Convert(new ConvertOptions
        {
            ModelPath = path,
            InputShapes = shapes.Where(p => names.Contains(p.Key)).ToDictionary(),
            Int8 = new QuantizeOptions
            {
                ReadSamples = inputs => [.. Enumerable.Range(0, CalibrationSamples).Select(s => inputs.Select((info, i) => RandomInputs.Create(info, (ulong)((s * inputs.Count) + i + 1))).ToArray())],
            },
        });
        return (converted.Model.Graph, converted.Quantization is { IsExact: true }, true);
    }

    private static double Median(InferenceSession session, IReadOnlyList<Tensor> inputs, TimeSpan time)
    {
        var runs = new List<double>();
        long begin = Stopwatch.GetTimestamp();
        do
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < inputs.Count; i++)
            {
                session.SetInput(i, inputs[i]);
            }
            session.Execute();
            runs.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        while (Stopwatch.GetElapsedTime(begin) < time);
        return new Series("", runs).Median;
    }

    private static string[] Names() => [.. new[] { DeviceApi.OpenCl, DeviceApi.Vulkan }.Select(api =>
    {
        DeviceInfo info = DeviceCatalog.List(api)[0];
        return string.Create(CultureInfo.InvariantCulture, $"{info.Backend}: {info.Name}, {info.Driver}");
    })];
}
