using System.Diagnostics;
using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Devices;

namespace Edge.Bench.Devices;

/// <summary>
/// What a device does at most: multiply-adds that touch no memory, and bytes read and written by a kernel that copies through max(x, 0).
/// </summary>
internal static class PeakMeasurement
{
    private const int Runs = 5;
    private const int Group = 256;
    private const int MultiplyAddsPerRound = 32;

    /// <summary>Takes well below a second, and 512 MiB on a GPU.</summary>
    public static DevicePeak Run(IDevice device)
    {
        bool isProcessor = device.Info.Kind == DeviceKind.Processor;
        return new DevicePeak(MeasureArithmetic(device, isProcessor ? 64 : 16384, isProcessor ? 4096 : 8192), MeasureTraffic(device, isProcessor ? 16 << 20 : 256L << 20));
    }

    private static double MeasureArithmetic(IDevice device, int groups, int rounds)
    {
        using IDeviceArena arena = device.AllocateArena((long)groups * Group * sizeof(float));
        using ICommandList commands = device.CreateCommands(arena);
        commands.Dispatch(device.Build(KernelSources.Find("peak"), []), [new DeviceBinding(arena, 0, arena.Bytes)], [rounds, Words.Of(0.999f), Words.Of(0.001f)], new Groups(groups));
        commands.Finish();
        return 2.0 * groups * Group * MultiplyAddsPerRound * rounds / LeastSeconds(commands) / 1e9;
    }

    /// <param name="bytes">Of the operand and of the result, each: more than caches hold.</param>
    private static double MeasureTraffic(IDevice device, long bytes)
    {
        using IDeviceArena arena = device.AllocateArena(2 * bytes);
        using ICommandList commands = device.CreateCommands(arena);
        int count = (int)(bytes / sizeof(float));
        IDeviceProgram copy = device.Build(KernelSources.Find("unary"), [KernelSources.CodeOf("Relu") ?? 0]);
        commands.Dispatch(copy, [new DeviceBinding(arena, 0, bytes), new DeviceBinding(arena, bytes, bytes)], [count, 0, 0], Groups.For(count, Group));
        commands.Finish();
        return 2.0 * bytes / LeastSeconds(commands) / 1e9;
    }

    private static double LeastSeconds(ICommandList commands)
    {
        double least = double.PositiveInfinity;
        for (int i = 0; i <= Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            commands.Run();
            // The first run also waits for what the driver puts off.
            least = i == 0 ? least : Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return least;
    }
}
