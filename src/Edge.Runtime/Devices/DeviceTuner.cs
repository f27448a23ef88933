using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Devices;

/// <summary>Measures once how fast a device computes a product in tiles of each size and how long a launch takes, and keeps the result with the compiled kernels.</summary>
internal static class DeviceTuner
{
    private const int K = 128;
    private const int Runs = 3;
    private const int Launches = 64;

    /// <summary>Rates below it would only ever be chosen by mistake.</summary>
    private const double LeastRate = 0.01;

    /// <summary>More would keep a device from splitting anything.</summary>
    private const double MostLaunch = 1e8;

    private static readonly int[] Sizes = [128, 64, 32];

    /// <summary>The profile of a device: kept, or measured now. Where nothing is kept, or measuring fails, that of an unknown device.</summary>
    public static DeviceProfile Find(IDevice device, DiskCache cache) => FindRates(device, cache) with { MaxBufferBytes = device.Info.MaxBufferBytes };

    private static DeviceProfile FindRates(IDevice device, DiskCache cache)
    {
        if (!cache.Keeps)
        {
            return DeviceProfile.Default;
        }
        string key = "profile " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(Sizes.Select(s => SourceOf(s).ToGlsl())))));
        if (cache.Read(key) is { Length: 32 } kept)
        {
            return Create(device, [.. Enumerable.Range(0, 4).Select(i => BitConverter.ToDouble(kept, i * sizeof(double)))]);
        }
        try
        {
            double[] seconds = [.. Sizes.Select(s => Measure(device, s, SizeFor(device), 1))];
            double best = seconds.Min();
            double[] rates = [.. seconds.Select(s => s > 0 ? Math.Clamp(best / s, LeastRate, 1) : 1)];
            double launch = (Measure(device, 32, 32, Launches + 1) - Measure(device, 32, 32, 1)) / Launches;
            double perTile = (double)SizeFor(device) * SizeFor(device) * K / best / ParallelOf(device);
            double[] measured = [.. rates, best > 0 ? Math.Clamp(launch * perTile, 0, MostLaunch) : 0];
            cache.Write(key, [.. measured.SelectMany(BitConverter.GetBytes)]);
            return Create(device, measured);
        }
        catch (EdgeException)
        {
            // A device that cannot compute a product says so when it is to compute a model.
            return DeviceProfile.Default;
        }
    }

    /// <param name="measured">The rates, and the multiply-adds of a launch.</param>
    private static DeviceProfile Create(IDevice device, double[] measured) =>
        measured[..3].All(r => r is >= LeastRate and <= 1) && measured[3] is >= 0 and <= MostLaunch
            ? new DeviceProfile(ParallelOf(device), measured[0], measured[1], measured[2]) { Launch = measured[3] }
            : DeviceProfile.Default;

    private static int ParallelOf(IDevice device) => device.Info.Kind == DeviceKind.Processor ? Environment.ProcessorCount : DeviceProfile.Default.Parallel;

    /// <summary>Rows and columns that keep every unit of the device busy.</summary>
    private static int SizeFor(IDevice device) => device.Info.Kind == DeviceKind.Processor ? 256 : 2048;

    private static KernelSource SourceOf(int size) => KernelSources.Find($"gemm_tile{size}");

    /// <summary>Least seconds of a product (n, 128) x (128, n) in tiles, launched several times one after another.</summary>
    private static double Measure(IDevice device, int size, int n, int launches)
    {
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
        IDeviceProgram program = device.Build(source, [1, 0, 0, 0]);
        for (int i = 0; i < launches; i++)
        {
            commands.Barrier();
            commands.Dispatch(program, bindings, arguments, new Groups(n / size, n / size));
        }
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
