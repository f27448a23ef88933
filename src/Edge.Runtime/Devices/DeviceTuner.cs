using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Devices;

/// <summary>Measures once how fast a device computes a product in tiles of each size, and keeps the result with the compiled kernels.</summary>
internal static class DeviceTuner
{
    private const int K = 128;
    private const int Runs = 3;

    /// <summary>Rates below it would only ever be chosen by mistake.</summary>
    private const double LeastRate = 0.01;

    private static readonly int[] Sizes = [128, 64, 32];

    /// <summary>The profile of a device: kept, or measured now. Where nothing is kept, or measuring fails, that of an unknown device.</summary>
    public static DeviceProfile Find(IDevice device, KernelCache cache) => FindRates(device, cache) with { MaxBufferBytes = device.Info.MaxBufferBytes };

    private static DeviceProfile FindRates(IDevice device, KernelCache cache)
    {
        if (!cache.Keeps)
        {
            return DeviceProfile.Default;
        }
        string key = "tiles " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(Sizes.Select(s => SourceOf(s).ToGlsl())))));
        if (cache.Read(key) is { Length: 24 } kept)
        {
            return Create(device, [BitConverter.ToDouble(kept, 0), BitConverter.ToDouble(kept, 8), BitConverter.ToDouble(kept, 16)]);
        }
        try
        {
            double[] seconds = [.. Sizes.Select(s => Measure(device, s))];
            double best = seconds.Min();
            double[] rates = [.. seconds.Select(s => s > 0 ? Math.Clamp(best / s, LeastRate, 1) : 1)];
            cache.Write(key, [.. rates.SelectMany(BitConverter.GetBytes)]);
            return Create(device, rates);
        }
        catch (EdgeException)
        {
            // A device that cannot compute a product says so when it is to compute a model.
            return DeviceProfile.Default;
        }
    }

    private static DeviceProfile Create(IDevice device, double[] rates)
    {
        int parallel = device.Info.Kind == DeviceKind.Processor ? Environment.ProcessorCount : DeviceProfile.Default.Parallel;
        return rates.All(r => r is >= LeastRate and <= 1) ? new DeviceProfile(parallel, rates[0], rates[1], rates[2]) : DeviceProfile.Default;
    }

    private static KernelSource SourceOf(int size) => KernelSources.Find($"gemm_tile{size}");

    /// <summary>Least seconds of a product of square matrices times a narrow one that keeps every unit of the device busy.</summary>
    private static unsafe double Measure(IDevice device, int size)
    {
        int n = device.Info.Kind == DeviceKind.Processor ? 256 : 2048;
        long operand = (long)n * K * sizeof(float);
        using IDeviceArena arena = device.AllocateArena((2 * operand) + ((long)n * n * sizeof(float)) + 64);
        using (ICommandList clear = device.CreateCommands(arena))
        {
            clear.Upload(0, arena.Bytes);
            clear.Finish();
            clear.Run();
        }
        using ICommandList commands = device.CreateCommands(arena);
        KernelSource source = SourceOf(size);
        DeviceBinding[] bindings =
        [
            new(arena, 0, operand), new(arena, operand, operand), new(arena, 0, operand), new(arena, (2 * operand) + ((long)n * n * sizeof(float)), 64),
            new(arena, 2 * operand, (long)n * n * sizeof(float)),
        ];
        int[] arguments = [n, n, K, K, 1, n, 1, 0, 0, 1, Words.Of(1f), Words.Of(0f), 0, 0];
        commands.Dispatch(device.Build(source, [1, 0, 0, 0]), bindings, arguments, new Groups(n / size, n / size));
        commands.Finish();
        commands.Run();
        double least = double.PositiveInfinity;
        for (int i = 0; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            commands.Run();
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return least;
    }
}
