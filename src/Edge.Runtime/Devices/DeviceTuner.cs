using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Devices;

/// <summary>Measures once what products in tiles of each kind, a launch and a copy take on a device, and keeps the result with the compiled kernels.</summary>
internal static class DeviceTuner
{
    /// <summary>Columns of the sum of the long and of the short product; the difference between both is free of what a launch takes.</summary>
    private const int LongSum = 512;
    private const int ShortSum = 32;

    /// <summary>Launches in a batch: what handing over a batch takes is spread over them.</summary>
    private const int Launches = 32;
    private const int Rounds = 6;

    /// <summary>Rows and columns of the large product: as many as keep a device busy this long, or the most.</summary>
    private const int LeastSize = 256;
    private const int MostSize = 2048;
    private const double BusySeconds = 1e-3;

    /// <summary>Clocks rise with work.</summary>
    private const double WarmUpSeconds = 0.03;

    private static readonly IReadOnlyList<TileSpeed> Kinds = DeviceProfile.Default.Tiles;

    /// <summary>The profile of a device: kept, or measured now. Where nothing is kept, or measuring fails, that of an unknown device.</summary>
    public static DeviceProfile Find(IDevice device, DiskCache cache) => FindSpeeds(device, cache) with { MaxBufferBytes = device.Info.MaxBufferBytes };

    private static DeviceProfile FindSpeeds(IDevice device, DiskCache cache)
    {
        if (!cache.Keeps)
        {
            return DeviceProfile.Default;
        }
        string sources = string.Concat(Kinds.Select(k => SourceOf(k).ToGlsl()).Append(Copy.ToGlsl()));
        string key = "speeds " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sources)));
        if (cache.Read(key) is { } kept && kept.Length == NumbersOf(DeviceProfile.Default).Length * sizeof(double))
        {
            return Create([.. kept.Chunk(sizeof(double)).Select(bytes => BitConverter.ToDouble(bytes))]);
        }
        try
        {
            double[] measured = Measure(device);
            cache.Write(key, [.. measured.SelectMany(BitConverter.GetBytes)]);
            return Create(measured);
        }
        catch (EdgeException)
        {
            // A device that cannot compute a product says so when it is to compute a model.
            return DeviceProfile.Default;
        }
    }

    /// <param name="numbers">Alone and full of every kind, a launch, traffic.</param>
    private static DeviceProfile Create(double[] numbers) => numbers.All(n => n is > 0 and < 1)
        ? new DeviceProfile([.. Kinds.Select((kind, i) => kind with { Alone = numbers[2 * i], Full = numbers[(2 * i) + 1] })], numbers[^2], numbers[^1])
        : DeviceProfile.Default;

    private static double[] NumbersOf(DeviceProfile profile) => [.. profile.Tiles.SelectMany(t => new[] { t.Alone, t.Full }), profile.Launch, profile.Traffic];

    private static KernelSource SourceOf(TileSpeed kind) => KernelSources.Find($"gemm_{kind.Name}");

    private static KernelSource Copy => KernelSources.Find("unary");

    private static double[] Measure(IDevice device)
    {
        using IDeviceArena arena = device.AllocateArena(Layout.Bytes);
        using (ICommandList clear = device.CreateCommands(arena))
        {
            clear.Upload(0, arena.Bytes);
            clear.Finish();
            clear.Run();
        }
        int size = SizeFor(device, arena);
        var batches = new List<Batch>();
        try
        {
            foreach (TileSpeed tile in Kinds)
            {
                batches.Add(Product(device, arena, tile, tile.Size, LongSum, Launches));
                batches.Add(Product(device, arena, tile, tile.Size, ShortSum, Launches));
                batches.Add(Product(device, arena, tile, size, LongSum / 2, 2));
            }
            batches.Add(Copies(device, arena, size * size / 2));
            WarmUp(batches[2]);
            for (int round = 0; round < Rounds; round++)
            {
                batches.ForEach(b => b.Run());
            }
            return Solve([.. batches.Select(b => b.Least)], size);
        }
        finally
        {
            batches.ForEach(b => b.Dispose());
        }
    }

    /// <param name="seconds">Least seconds per launch: for every kind of tile one tile with a long and with a short sum and the large product, then the copy.</param>
    private static double[] Solve(double[] seconds, int size)
    {
        const double Least = 1e-12;
        var numbers = new List<double>();
        double launch = double.PositiveInfinity;
        for (int i = 0; i < Kinds.Count; i++)
        {
            (double longer, double shorter, double large) = (seconds[3 * i], seconds[(3 * i) + 1], seconds[(3 * i) + 2]);
            double alone = Math.Max((longer - shorter) / (LongSum - ShortSum), Least);
            double own = Math.Max(shorter - (alone * ShortSum), Least);
            launch = Math.Min(launch, own);
            double tiles = Math.Pow(size / Kinds[i].Size, 2);
            numbers.Add(alone);
            // What fills the device is at least as fast as one tile after another.
            numbers.Add(Math.Clamp((large - own) / (LongSum / 2 * tiles), Least, alone));
        }
        return [.. numbers, launch, Math.Max((seconds[^1] - launch) / (size * size / 2), Least * Least)];
    }

    /// <summary>Doubles the size of a product until it keeps the device busy.</summary>
    private static int SizeFor(IDevice device, IDeviceArena arena)
    {
        for (int size = LeastSize; size < MostSize; size *= 2)
        {
            using Batch batch = Product(device, arena, Kinds[1], size, LongSum / 2, 1);
            batch.Run();
            batch.Run();
            if (batch.Least > BusySeconds)
            {
                return size;
            }
        }
        return MostSize;
    }

    private static void WarmUp(Batch batch)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            batch.Run();
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds);
    }

    /// <summary>A product (n, k) x (k, n), launched several times one after another.</summary>
    private static Batch Product(IDevice device, IDeviceArena arena, TileSpeed tile, int n, int k, int launches)
    {
        DeviceBinding[] bindings =
        [
            new(arena, 0, Layout.Operand), new(arena, Layout.Operand, Layout.Operand), new(arena, 0, Layout.Operand), new(arena, Layout.Bytes - Layout.Spare, Layout.Spare),
            new(arena, 2 * Layout.Operand, Layout.Result),
        ];
        int[] arguments = [n, n, k, k, 1, n, 1, 0, 0, 1, Words.Of(1f), Words.Of(0f), 0, 0];
        return new Batch(device, arena, device.Build(SourceOf(tile), [1, 0, 0, 0]), bindings, arguments, new Groups(n / tile.Size, n / tile.Size), launches);
    }

    /// <summary>Reads and writes a number of floats.</summary>
    private static Batch Copies(IDevice device, IDeviceArena arena, int count)
    {
        long bytes = (long)count * sizeof(float);
        DeviceBinding[] bindings = [new(arena, 2 * Layout.Operand, bytes), new(arena, (2 * Layout.Operand) + bytes, bytes)];
        IDeviceProgram program = device.Build(Copy, [KernelSources.CodeOf("Relu") ?? 0]);
        return new Batch(device, arena, program, bindings, [count, 0, 0], Groups.For(count, Copy.GroupSize), 2);
    }

    /// <summary>Where operands and result of the largest product lie.</summary>
    private static class Layout
    {
        public const long Operand = (long)MostSize * LongSum / 2 * sizeof(float);
        public const long Result = (long)MostSize * MostSize * sizeof(float);
        public const long Spare = 64;
        public const long Bytes = (2 * Operand) + Result + Spare;
    }

    /// <summary>Launches that are handed over at once, and the shortest time they took.</summary>
    private sealed class Batch : IDisposable
    {
        private readonly ICommandList _commands;
        private readonly int _launches;

        public Batch(IDevice device, IDeviceArena arena, IDeviceProgram program, DeviceBinding[] bindings, int[] arguments, Groups groups, int launches)
        {
            _launches = launches;
            _commands = device.CreateCommands(arena);
            for (int i = 0; i < launches; i++)
            {
                _commands.Barrier();
                _commands.Dispatch(program, bindings, arguments, groups);
            }
            _commands.Finish();
        }

        /// <summary>Least seconds per launch.</summary>
        public double Least { get; private set; } = double.PositiveInfinity;

        public void Run()
        {
            long start = Stopwatch.GetTimestamp();
            _commands.Run();
            Least = Math.Min(Least, Stopwatch.GetElapsedTime(start).TotalSeconds / _launches);
        }

        public void Dispose() => _commands.Dispose();
    }
}
