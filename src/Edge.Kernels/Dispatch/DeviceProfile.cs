using Edge.Kernels.Tensors;

namespace Edge.Kernels.Dispatch;

/// <summary>How fast a device computes a product in tiles of one kind.</summary>
/// <param name="Name">Variant of the kernels.</param>
/// <param name="Size">Rows and columns of a tile.</param>
/// <param name="Alone">Seconds per column of the sum that a tile takes which has the device to itself.</param>
/// <param name="Full">Seconds per column of the sum and tile where tiles keep the whole device busy.</param>
public readonly record struct TileSpeed(string Name, int Size, double Alone, double Full)
{
    /// <summary>Multiply-adds per second of the whole device.</summary>
    public double Rate => (double)Size * Size / Full;
}

/// <summary>What a device is good at, by which its kernels are chosen, and how it is to be used.</summary>
/// <param name="Tiles">Speeds of the kinds of tiles that there are, largest size first.</param>
/// <param name="Launch">Seconds of a launch and the barrier before it.</param>
/// <param name="Traffic">Seconds in which a number is written to memory and read again.</param>
public sealed record DeviceProfile(IReadOnlyList<TileSpeed> Tiles, double Launch, double Traffic)
{
    /// <summary>
    /// For a device that was not measured: 96 tiles at a time, 5 TFLOP/s; smaller tiles reach three quarters and two fifths of that. The deep
    /// tile waits for memory less often and needs more registers, which only a measurement weighs up.
    /// </summary>
    public static readonly DeviceProfile Default = new([Typical("tile128", 128, 1), Typical("tile64", 64, 0.75), Typical("tile32", 32, 0.4), Typical("deep32", 32, 0.3)], 8e-6, 1.3e-11);

    /// <summary>Largest tensor that a kernel can be given.</summary>
    public long MaxBufferBytes { get; init; } = long.MaxValue;

    /// <summary>Type in which constant weights of products and convolutions lie on the device: F32 or F16. Sums are float32.</summary>
    public DataType Weights { get; init; } = DataType.F32;

    /// <summary>Speed of the tiles of a kind.</summary>
    public TileSpeed Tile(string name) => Tiles.First(t => t.Name == name);

    private static TileSpeed Typical(string name, int size, double share)
    {
        const int Parallel = 96;
        const double SecondsPerMultiplyAdd = 4e-11;
        double alone = size * size * SecondsPerMultiplyAdd / share;
        return new TileSpeed(name, size, alone, alone / Parallel);
    }
}
