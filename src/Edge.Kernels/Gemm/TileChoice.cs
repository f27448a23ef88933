namespace Edge.Kernels.Gemm;

/// <summary>The tile and the number of parts of the sum for a product on a device.</summary>
/// <param name="Name">Variant of the kernel.</param>
/// <param name="Size">Rows and columns of a tile.</param>
/// <param name="Splits">Parts of the sum that are computed side by side.</param>
/// <param name="Chunk">Columns of a part: a multiple of the kernel's step.</param>
internal readonly record struct TileChoice(string Name, int Size, int Splits, int Chunk)
{
    /// <summary>Tiles that a device works on at a time. It is not known when a kernel is chosen; this is the middle of what there is.</summary>
    private const int Parallel = 96;

    private const int Step = 16;

    /// <summary>A part must be worth its launch and the pass that adds it up.</summary>
    private const int LeastChunk = 128;

    /// <summary>Tiles and the share of the peak that their inner loop reaches.</summary>
    private static readonly (string Name, int Size, double Rate)[] Tiles = [("tile128", 128, 1), ("tile64", 64, 0.75), ("tile32", 32, 0.4)];

    /// <summary>The choice of least estimated time: rounds of tiles over the device, and the traffic of the parts.</summary>
    public static TileChoice For(int m, int n, int k, int products, bool splits = true)
    {
        TileChoice best = default;
        double least = double.PositiveInfinity;
        foreach ((string name, int size, double rate) in Tiles)
        {
            long tiles = (long)Ceil(m, size) * Ceil(n, size) * products;
            for (int parts = 1; parts <= (splits ? 16 : 1) && (parts == 1 || Ceil(k, parts) >= LeastChunk); parts *= 2)
            {
                int chunk = Ceil(Ceil(k, parts), Step) * Step;
                // Less than one round leaves units idle, but a tile never takes less than its own time.
                double rounds = Math.Max(1, tiles * parts / (double)Parallel);
                double time = (rounds * size * size * chunk / rate) + (parts == 1 ? 0 : (double)m * n * products * parts * 32 / Parallel);
                if (time < least)
                {
                    least = time;
                    best = new TileChoice(name, size, Ceil(k, chunk), chunk);
                }
            }
        }
        return best;
    }

    public static int Ceil(int value, int divisor) => (int)(((long)value + divisor - 1) / divisor);
}
