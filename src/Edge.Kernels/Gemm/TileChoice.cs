using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Gemm;

/// <summary>The tile and the number of parts of the sum for a product on a device.</summary>
/// <param name="Name">Variant of the kernel.</param>
/// <param name="Size">Rows and columns of a tile.</param>
/// <param name="Splits">Parts of the sum that are computed side by side.</param>
/// <param name="Chunk">Columns of a part: a multiple of the kernel's step.</param>
/// <param name="Time">Estimated seconds, without the first launch.</param>
internal readonly record struct TileChoice(string Name, int Size, int Splits, int Chunk, double Time)
{
    private const int Step = 16;

    /// <summary>A part must be worth its launch and the pass that adds it up.</summary>
    private const int LeastChunk = 128;

    /// <summary>The choice of least estimated time: tiles side by side as far as the device goes, and the traffic of the parts.</summary>
    public static TileChoice For(int m, int n, int k, int products, DeviceProfile device, bool splits = true)
    {
        TileChoice best = default;
        double least = double.PositiveInfinity;
        foreach ((string name, int size, double alone, double full) in device.Tiles)
        {
            long tiles = (long)Ceil(m, size) * Ceil(n, size) * products;
            for (int parts = 1; parts <= (splits ? 16 : 1) && (parts == 1 || Ceil(k, parts) >= LeastChunk); parts *= 2)
            {
                int chunk = Ceil(Ceil(k, parts), Step) * Step;
                // Few tiles leave units idle, but a tile never takes less than its own time.
                double time = (chunk * Math.Max(alone, tiles * parts * full)) + (parts == 1 ? 0 : ((double)m * n * products * parts * device.Traffic) + device.Launch);
                if (time < least)
                {
                    least = time;
                    best = new TileChoice(name, size, Ceil(k, chunk), chunk, time);
                }
            }
        }
        return best;
    }

    public static int Ceil(int value, int divisor) => (int)(((long)value + divisor - 1) / divisor);
}
