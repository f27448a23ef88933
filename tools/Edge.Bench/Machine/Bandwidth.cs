using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;

namespace Edge.Bench.Machine;

/// <summary>How fast memory and caches deliver: reads of a block again and again, and the triad a[i] = b[i] + s * c[i].</summary>
public static unsafe class Bandwidth
{
    private const int TriadBytes = 64 << 20;

    /// <summary>10^9 bytes per second that all threads of <paramref name="pool"/> read, each from a block of its own.</summary>
    /// <param name="blockBytes">Size of a block, a multiple of 512: it decides which cache, or memory, answers.</param>
    public static double Read(WorkerPool pool, int blockBytes)
    {
        AlignedBuffer[] blocks = [.. Enumerable.Range(0, pool.Threads).Select(_ => Touched(blockBytes))];
        // A burst is long against the wake-up of a thread, and short against the time slices of other processes.
        int repetitions = Math.Max(1, (32 << 20) / blockBytes);
        var work = new Work([.. blocks.Select(b => (nint)b.Data)], blockBytes, repetitions);
        double seconds = Bursts.Best(pool, work, &ReadBlock);
        Array.ForEach(blocks, b => b.Dispose());
        return (double)blockBytes * repetitions * pool.Threads / seconds / 1e9;
    }

    /// <summary>10^9 bytes per second of the triad over arrays far larger than the caches; 12 bytes per element are counted.</summary>
    public static double Triad(WorkerPool pool)
    {
        AlignedBuffer[] blocks = [.. Enumerable.Range(0, pool.Threads).Select(_ => Touched(3 * TriadBytes))];
        var work = new Work([.. blocks.Select(b => (nint)b.Data)], TriadBytes, 1);
        double seconds = Bursts.Best(pool, work, &TriadBlock);
        Array.ForEach(blocks, b => b.Dispose());
        return 3.0 * TriadBytes * pool.Threads / seconds / 1e9;
    }

    private sealed record Work(nint[] Blocks, int Bytes, int Repetitions);

    private static AlignedBuffer Touched(int bytes)
    {
        var buffer = new AlignedBuffer(bytes);
        // Pages that were never written may all be one page of zeros.
        new Span<byte>(buffer.Data, bytes).Fill(1);
        return buffer;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadBlock(object owner, void* state, int index)
    {
        var work = (Work)owner;
        ulong* block = (ulong*)work.Blocks[index];
        ulong* end = block + (work.Bytes / sizeof(ulong));
        Vector256<ulong> s0 = default, s1 = default, s2 = default, s3 = default;
        for (int repetition = 0; repetition < work.Repetitions; repetition++)
        {
            for (ulong* p = block; p < end; p += 32)
            {
                s0 ^= Vector256.Load(p) ^ Vector256.Load(p + 16);
                s1 ^= Vector256.Load(p + 4) ^ Vector256.Load(p + 20);
                s2 ^= Vector256.Load(p + 8) ^ Vector256.Load(p + 24);
                s3 ^= Vector256.Load(p + 12) ^ Vector256.Load(p + 28);
            }
        }
        // Keeps the loads alive; a block of equal bytes gives 0.
        if ((s0 ^ s1 ^ s2 ^ s3) != Vector256<ulong>.Zero)
        {
            throw new InvalidOperationException("the sum of the bandwidth measurement is wrong");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TriadBlock(object owner, void* state, int index)
    {
        var work = (Work)owner;
        float* a = (float*)work.Blocks[index];
        float* b = a + (TriadBytes / sizeof(float));
        float* c = b + (TriadBytes / sizeof(float));
        Vector256<float> s = Vector256.Create(3f);
        for (float* end = b; a < end; a += 16, b += 16, c += 16)
        {
            Vector256.Store(Vector256.Load(b) + (s * Vector256.Load(c)), a);
            Vector256.Store(Vector256.Load(b + 8) + (s * Vector256.Load(c + 8)), a + 8);
        }
    }
}
