using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Devices.Null;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;
using Edge.Runtime.Tests.Format;
using Edge.Testing;

namespace Edge.Runtime.Tests.Devices;

/// <summary>What stands around a device: stages and copies, one submission per run, failures, memory.</summary>
public class DevicePlanTests
{
    private static readonly Tensor Image = RandomTensor.F32(new Shape(1, 3, 8, 8), 1);

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ANetworkIsOneSubmission(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        using (var session = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 1, Device = device }))
        {
            var input = Image.ToArray<float>();
            var output = new float[session.Outputs[0].Info.KnownShape.Count];
            session.Run(input, output);
            Assert.Single(session.Plan.Stages);
            SteadyRuns.Check(device, () => session.Run(input, output));
            using var cpu = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 1 });
            Assert.InRange(GoldenCheck.RelativeError(session.ReadOutput(0), cpu.Run(Image)[0]), 0, 1e-5);
        }
        Assert.Equal(0, device.LiveObjects);
    }

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void EveryCutOfANetworkAgrees(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        Graph graph = SampleModels.Network().Graph;
        using var cpu = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        Tensor expected = cpu.Run(Image)[0];
        int nodes = Math.Min(8, graph.Nodes.Count);
        for (int mask = 0; mask < 1 << nodes; mask++)
        {
            HashSet<Node> chosen = [.. graph.Nodes.Where((_, i) => (mask >> (i % nodes) & 1) == 1)];
            using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Device = device, OnDevice = chosen.Contains });
            Assert.InRange(GoldenCheck.RelativeError(session.Run(Image)[0], expected), 0, 1e-5);
        }
        Assert.Equal(0, device.LiveObjects);
    }

    [Fact]
    public void AStepWithoutADeviceKernelIsCopiedToAndBack()
    {
        var graph = new Graph("mixed");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(16)));
        Value a = graph.Add("a", new Unary("Relu"), [x]);
        Value b = graph.Add("b", new Cumulate { Axis = 0 }, [a]);
        graph.AddOutput(graph.Add("c", new Unary("Exp"), [b]));
        using ExecutionPlan plan = Planner.Plan(graph, KernelQuery.Default, _ => true);
        Assert.Equal([true, false, true], plan.Stages.Select(s => s.IsOnDevice));
        Assert.Equal([64L], plan.Stages[0].Uploads.Select(r => r.Bytes));
        Assert.Equal([64L], plan.Stages[0].Downloads.Select(r => r.Bytes));
        Assert.Equal([64L], plan.Stages[2].Uploads.Select(r => r.Bytes));
        Assert.Equal([64L], plan.Stages[2].Downloads.Select(r => r.Bytes));
    }

    [Fact]
    public void ATensorThatNoBufferHoldsIsLeftToTheProcessor()
    {
        Graph graph = Chain(2);
        KernelQuery query = KernelQuery.Default;
        using ExecutionPlan fits = Planner.Plan(graph, query with { Profile = DeviceProfile.Default with { MaxBufferBytes = 64 } }, _ => true);
        Assert.All(fits.Steps, s => Assert.True(s.IsOnDevice));
        using ExecutionPlan plan = Planner.Plan(graph, query with { Profile = DeviceProfile.Default with { MaxBufferBytes = 63 } }, _ => true);
        Assert.All(plan.Steps, s => Assert.False(s.IsOnDevice));
    }

    [Theory]
    [InlineData(1, 0, EdgeError.DeviceOutOfMemory)]
    [InlineData(2, 0, EdgeError.DeviceOutOfMemory)]
    [InlineData(0, 1, EdgeError.DeviceCompile)]
    [InlineData(0, 2, EdgeError.DeviceCompile)]
    public void AFailureWhilePreparingLeavesNothingBehind(int allocation, int program, EdgeError error)
    {
        using var device = new NullDevice { FailingAllocation = allocation, FailingProgram = program };
        var exception = Assert.Throws<EdgeException>(() => new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 1, Device = device }));
        Assert.Equal(error, exception.Error);
        Assert.Equal(0, device.LiveObjects);
    }

    [Fact]
    public void ALostDeviceIsReported()
    {
        using var device = new NullDevice { FailingRun = 2 };
        using var session = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 1, Device = device });
        session.Run(Image);
        Assert.Equal(EdgeError.DeviceLost, Assert.Throws<EdgeException>(() => session.Run(Image)).Error);
    }

    [Fact]
    public void TheProcessorTakesOverFromALostDevice()
    {
        using var device = new NullDevice { FailingRun = 2 };
        Graph graph = SampleModels.Network().Graph;
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Device = device, FallsBack = true });
        session.Run(Image);
        Assert.NotNull(session.Device);
        using var cpu = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        Assert.Equal(cpu.Run(Image)[0].ToArray<float>(), session.Run(Image)[0].ToArray<float>());
        Assert.Null(session.Device);
        Assert.Contains("EC8003", session.FallbackReason, StringComparison.Ordinal);
        Assert.DoesNotContain(session.Plan.Steps, s => s.IsOnDevice);
        Assert.Equal(0, device.LiveObjects);
    }

    [Fact]
    public void ADeviceWithWrongResultsIsNotChosen()
    {
        // It computes nothing: its outputs are zeros.
        var search = new PlacementSearch(SampleModels.Network().Graph, [Image], 1);
        Placement placement = search.Find([() => new NullDevice(), () => new NullDevice { FailingAllocation = 1 }]);
        Assert.True(placement.IsOnProcessor);
        Assert.Contains(placement.Remarks, r => r.Contains("differs from the processor", StringComparison.Ordinal));
        Assert.Contains(placement.Remarks, r => r.Contains("EC8002", StringComparison.Ordinal));
    }

    [Fact]
    public void TheCheapestCutIsFound()
    {
        Graph graph = Chain(6);
        double[] processor = [1, 5, 5, 5, 1, 1];
        double[] device = [3, 1, 1, 1, 3, 3];
        Assert.Equal([false, true, true, true, false, false], PlacementCut.Cheapest(graph, processor, device, 1, 0));
        // A change of sides that costs too much.
        Assert.Equal([false, false, false, false, false, false], PlacementCut.Cheapest(graph, processor, device, 100, 0));
        Assert.Equal([true, true, true, true, true, true], PlacementCut.Cheapest(graph, processor, [0.5, 1, 1, 1, 0.5, 0.5], 1, 0));
    }

    [Fact]
    public void SpirvBelongsToTheKernelTexts()
    {
        using Stream stream = typeof(KernelSources).Assembly.GetManifestResourceStream("spirv-hashes.txt")!;
        using var reader = new StreamReader(stream);
        string[] listed = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] expected = [.. KernelSources.All.Select(s => $"{s.Name} {Hash(System.Text.Encoding.UTF8.GetBytes(s.ToGlsl()))} {Hash(s.ReadSpirv() ?? [])}")];
        // After a change of a .kernel file: edge-shaders src/Edge.Kernels/Devices/Spirv
        Assert.Equal(expected, listed);
    }

    private static Graph Chain(int length)
    {
        var graph = new Graph("chain");
        Value value = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(16)));
        for (int i = 0; i < length; i++)
        {
            value = graph.Add($"n{i}", new Unary("Relu"), [value]);
        }
        graph.AddOutput(value);
        return graph;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
}
