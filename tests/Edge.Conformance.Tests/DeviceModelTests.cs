using System.Diagnostics;
using Edge.Convert;
using Edge.Convert.Onnx;
using Edge.Convert.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;
using Edge.Testing;

namespace Edge.Conformance.Tests;

/// <summary>
/// Whole models on devices against the processor. Where the device is the processor, only those of few multiply-adds, or all with
/// EDGE_DEVICE set.
/// </summary>
public class DeviceModelTests(ITestOutputHelper log)
{
    private const double Tolerance = 1e-3;

    /// <summary>PoCL takes seconds for more.</summary>
    private const long FewMultiplyAdds = 60_000_000;

    /// <summary>Tested even so: the network by which devices are usually judged.</summary>
    private const string Always = "resnet18.onnx";

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ModelsAgreeWithTheProcessor(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        bool all = device.Info.Kind != DeviceKind.Processor || Kernels.Dispatch.Knobs.Device.Value.Length > 0;
        var wrong = new List<string>();
        foreach (string path in Paths())
        {
            bool wanted = all || Path.GetFileName(path) == Always;
            // Every weight is multiplied at least once.
            bool fits = wanted || new FileInfo(path).Length / sizeof(float) <= FewMultiplyAdds;
            if (fits && TryImport(path) is { } graph && (wanted || ModelSummary.Of(graph).MultiplyAdds <= FewMultiplyAdds) && Check(graph, path, device) is { } problem)
            {
                wrong.Add(problem);
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(0, device.LiveObjects);
    }

    private static IEnumerable<string> Paths() =>
        new[] { (RepositoryPaths.BundledModels, SearchOption.TopDirectoryOnly), (RepositoryPaths.Models, SearchOption.AllDirectories), (RepositoryPaths.Zoo, SearchOption.TopDirectoryOnly) }
            .Where(f => f.Item1 is not null)
            .SelectMany(f => Directory.GetFiles(f.Item1!, "*.onnx", f.Item2).Order(StringComparer.Ordinal));

    /// <summary>The model; null where it needs shapes, or cannot be converted.</summary>
    private static Graph? TryImport(string path)
    {
        try
        {
            Graph graph = OnnxImporter.Import(path, new ImportOptions()).Graph;
            PassPipeline.Default.Run(graph);
            return graph;
        }
        catch (ConversionException)
        {
            return null;
        }
    }

    private string? Check(Graph graph, string path, IDevice device)
    {
        Tensor[] inputs = [.. graph.Inputs.Select((v, i) => RandomInputs.Create(v.Info, (ulong)i + 1))];
        using var cpu = new InferenceSession(graph, new SessionOptions { Threads = 2 });
        Tensor[] expected = cpu.Run(inputs);
        long start = Stopwatch.GetTimestamp();
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 2, Device = device });
        long before = device.Submissions;
        Tensor[] outputs = session.Run(inputs);
        long submissions = device.Submissions - before;
        double error = outputs.Zip(expected).Max(p => GoldenCheck.RelativeError(p.First, p.Second));
        string text = FormattableString.Invariant($"{Path.GetFileName(path)}: differs by {error:G3}, {session.Plan.Steps.Count(s => s.IsOnDevice)} of {session.Plan.Steps.Count} steps on the device in {session.Plan.Stages.Count} stages, {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
        log.WriteLine(text);
        int stages = session.Plan.Stages.Count(s => s.IsOnDevice);
        return error <= Tolerance && submissions == stages ? null : $"{text}, {submissions} submissions";
    }
}
