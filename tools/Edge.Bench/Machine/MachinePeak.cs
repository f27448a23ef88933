using Edge.Kernels.Threading;

namespace Edge.Bench.Machine;

/// <summary>What a number of threads gets out of this machine.</summary>
/// <param name="Gflops">Float32 peak in 10^9 operations per second.</param>
/// <param name="Read">Read bandwidth in 10^9 bytes per second by block size, smallest block first; see <see cref="BlockBytes"/>.</param>
/// <param name="TriadGbs">Triad bandwidth of memory.</param>
/// <param name="ForkJoinMinimumUs">Cost of an empty parallel call, microseconds.</param>
public sealed record MachinePeak(int Threads, double Gflops, IReadOnlyList<ReadBandwidth> Read, double TriadGbs, double ForkJoinMinimumUs, double ForkJoinMedianUs)
{
    /// <summary>Blocks that fit a first-level, second-level and last-level cache of usual sizes, and one that fits none.</summary>
    public static readonly int[] BlockBytes = [16 << 10, 256 << 10, 4 << 20, 128 << 20];

    public static MachinePeak Measure(int threads)
    {
        using var pool = new WorkerPool(threads);
        (double least, double median) = ForkJoin.Microseconds(pool);
        return new MachinePeak(
            threads,
            FmaPeak.Gflops(pool),
            [.. BlockBytes.Select(bytes => new ReadBandwidth(bytes, Bandwidth.Read(pool, bytes)))],
            Bandwidth.Triad(pool),
            least,
            median);
    }

    /// <summary>Read bandwidth in 10^9 bytes per second for something of <paramref name="bytes"/> that is used again and again.</summary>
    public double BandwidthFor(long bytes) => (Read.FirstOrDefault(r => r.BlockBytes >= bytes) ?? Read[^1]).GigabytesPerSecond;
}

public sealed record ReadBandwidth(int BlockBytes, double GigabytesPerSecond);
