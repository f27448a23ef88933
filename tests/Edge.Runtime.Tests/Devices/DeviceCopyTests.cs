using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Devices.OpenCl;
using Edge.Runtime.Devices.Vulkan;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Tests.Format;
using Edge.Testing;

namespace Edge.Runtime.Tests.Devices;

/// <summary>What devices with memory of their own do: PoCL and lavapipe are told that they are such. Copies are real then.</summary>
public class DeviceCopyTests
{
    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void EveryCutOfANetworkAgrees(DeviceApi api)
    {
        using IDevice device = Open(api);
        Graph graph = SampleModels.Network().Graph;
        Tensor image = RandomTensor.F32(new Shape(1, 3, 8, 8), 1);
        using var cpu = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        Tensor expected = cpu.Run(image)[0];
        for (int mask = 1; mask < 1 << graph.Nodes.Count; mask++)
        {
            HashSet<Node> chosen = [.. graph.Nodes.Where((_, i) => (mask >> i & 1) == 1)];
            using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Device = device, OnDevice = chosen.Contains });
            // The second run finds what the first left in memory.
            session.Run(RandomTensor.F32(new Shape(1, 3, 8, 8), 2));
            Assert.InRange(GoldenCheck.RelativeError(session.Run(image)[0], expected), 0, 1e-5);
        }
        Assert.Equal(0, device.LiveObjects);
    }

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ThousandsOfRunsAreOneSubmissionEachAndAllocateNothing(DeviceApi api)
    {
        using IDevice device = Open(api);
        using (var session = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 1, Device = device }))
        {
            float[] input = RandomTensor.F32(new Shape(1, 3, 8, 8), 1).ToArray<float>();
            var output = new float[session.Outputs[0].Info.KnownShape.Count];
            session.Run(input, output);
            float[] first = [.. output];
            SteadyRuns.Check(device, () => session.Run(input, output));
            Assert.Equal(first, output);
        }
        Assert.Equal(0, device.LiveObjects);
    }

    private static IDevice Open(DeviceApi api)
    {
        using (IDevice? device = TestDevices.TryOpen(api, out string why))
        {
            Assert.SkipWhen(device is null, why);
        }
        DeviceInfo info = DeviceCatalog.List(api)[0] with { SharesMemory = false };
        // OpenCL on a processor keeps its programs for all constants, which compiles in reasonable time.
        return api == DeviceApi.OpenCl ? OpenClDevice.Open(info) : VulkanDevice.Open(info with { Kind = DeviceKind.Discrete });
    }
}
