using Edge.Kernels.Devices;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Execution;
using Edge.Runtime.Tests.Format;
using Edge.Testing;

namespace Edge.Runtime.Tests.Devices;

/// <summary>What 10,000 runs leave behind. Runs alone: the memory of the process is also that of other tests.</summary>
[Collection("alone")]
public class DeviceMemoryTests
{
    private const int WarmUp = 500;
    private const int Runs = 10_000;

    /// <summary>Drivers keep pools of their own, which grow for a while; a leak of one object of 2 KiB per run would go beyond.</summary>
    private const long MostBytes = 20 << 20;

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void ManyRunsLeaveMemoryFlat(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        using var session = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 1, Device = device });
        float[] input = RandomTensor.F32(new Shape(1, 3, 8, 8), 1).ToArray<float>();
        var output = new float[session.Outputs[0].Info.KnownShape.Count];
        Repeat(WarmUp);
        int alive = device.LiveObjects;
        long memory = Environment.WorkingSet;
        Repeat(Runs);
        Assert.Equal(alive, device.LiveObjects);
        Assert.InRange(Environment.WorkingSet - memory, long.MinValue, MostBytes);

        void Repeat(int runs)
        {
            for (int i = 0; i < runs; i++)
            {
                session.Run(input, output);
            }
        }
    }
}
