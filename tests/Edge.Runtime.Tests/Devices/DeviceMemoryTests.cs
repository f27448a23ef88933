using Edge.Kernels.Devices;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Tests.Format;
using Edge.Testing;

namespace Edge.Runtime.Tests.Devices;

/// <summary>What thousands of runs leave behind. Runs alone: the memory of the process is also that of other tests.</summary>
[Collection("alone")]
public class DeviceMemoryTests(ITestOutputHelper log)
{
    private const int WarmUp = 500;

    /// <summary>Drivers keep pools of their own, which grow for a while; a leak of one object of 2 KiB in each of 10,000 runs would go beyond.</summary>
    private const long MostBytes = 20 << 20;

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ManyRunsLeaveMemoryFlat(DeviceApi api) => Check(api, SampleModels.Network().Graph, 10_000);

    /// <summary>
    /// Every layer of ResNet-18 at a sixteenth of the width and of an image of 32 x 32: what leaks per run does not depend on sizes, and
    /// devices that are the processor take a second for one run of the whole. <c>edge-bench device-memory</c> runs the whole,
    /// 10,000 times.
    /// </summary>
    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ManyRunsOfResNet18LeaveMemoryFlat(DeviceApi api) => Check(api, ResNet18.Create(4, 32), 2_500);

    private void Check(DeviceApi api, Graph graph, int runs)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Device = device });
        Assert.True(Assert.Single(session.Plan.Stages).IsOnDevice);
        float[] input = RandomTensor.F32(session.Inputs[0].Info.KnownShape, 1).ToArray<float>();
        var output = new float[session.Outputs[0].Info.KnownShape.Count];
        Repeat(WarmUp);
        int alive = device.LiveObjects;
        long submissions = device.Submissions;
        long memory = Environment.WorkingSet;
        long? onDevice = device.ReadUsedBytes();
        float[] first = [.. output];
        Repeat(runs);
        log.WriteLine($"{device.Info.Name}: {session.Plan.Steps.Count} steps, host {memory >> 10} KiB, then {Environment.WorkingSet >> 10} KiB");
        Assert.Equal(runs, device.Submissions - submissions);
        Assert.Equal(alive, device.LiveObjects);
        Assert.Equal(first, output);
        Assert.InRange(Environment.WorkingSet - memory, long.MinValue, MostBytes);
        Assert.InRange((device.ReadUsedBytes() - onDevice) ?? 0, long.MinValue, MostBytes);

        void Repeat(int times)
        {
            for (int i = 0; i < times; i++)
            {
                session.Run(input, output);
            }
        }
    }
}
