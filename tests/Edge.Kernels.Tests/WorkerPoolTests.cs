using Edge.Kernels.Threading;

namespace Edge.Kernels.Tests;

public sealed unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void EveryChunkRunsOnce(int threads)
    {
        using var pool = new WorkerPool(threads);
        var counts = new int[1000];
        for (int run = 1; run <= 200; run++)
        {
            int chunks = run % 7 == 0 ? run % 3 : 1 + (run * 37 % counts.Length);
            Array.Clear(counts);
            pool.Run(counts, null, &Count, chunks);
            Assert.All(counts[..chunks], c => Assert.Equal(1, c));
            Assert.All(counts[chunks..], c => Assert.Equal(0, c));
        }
    }

    /// <summary>More threads than cores, and pauses in which they park: each must be woken by the permit meant for it.</summary>
    [Fact]
    public void ThreadsThatParkAreWokenForEveryRun()
    {
        using var pool = new WorkerPool(Environment.ProcessorCount * 4);
        var counts = new int[64];
        for (int run = 1; run <= 400; run++)
        {
            pool.Run(counts, null, &Count, counts.Length);
            Assert.All(counts, c => Assert.Equal(run, c));
            if (run % 20 == 0)
            {
                Thread.Sleep(2);
            }
        }
    }

    [Fact]
    public void StateReachesTheChunks()
    {
        using var pool = new WorkerPool(2);
        var sums = new int[16];
        int factor = 3;
        pool.Run(sums, &factor, &Multiply, sums.Length);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => 3 * i), sums);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ExceptionOfAChunkIsRethrownAndThePoolGoesOn(int threads)
    {
        using var pool = new WorkerPool(threads);
        var counts = new int[100];
        for (int i = 0; i < 50; i++)
        {
            var error = Assert.Throws<FormatException>(() => RunFailing(pool, counts));
            Assert.Equal("chunk 50", error.Message);
        }
        Array.Clear(counts);
        pool.Run(counts, null, &Count, counts.Length);
        Assert.All(counts, c => Assert.Equal(1, c));
    }

    [Fact]
    public void ParkedPoolWakesUp()
    {
        using var pool = new WorkerPool(4);
        var counts = new int[8];
        for (int i = 1; i <= 10; i++)
        {
            Thread.Sleep(5);
            pool.Run(counts, null, &Count, counts.Length);
            Assert.All(counts, c => Assert.Equal(i, c));
        }
    }

    [Fact]
    public void DisposeEndsTheThreadsAndMayBeRepeated()
    {
        for (int i = 0; i < 20; i++)
        {
            var pool = new WorkerPool(4);
            if (i % 2 == 0)
            {
                pool.Run(new int[8], null, &Count, 8);
            }
            pool.Dispose();
            pool.Dispose();
        }
    }

    [Theory]
    [InlineData(PowerPolicy.Latency)]
    [InlineData(PowerPolicy.Eco)]
    public void EveryPolicyRunsEveryChunk(PowerPolicy policy)
    {
        using var pool = new WorkerPool(4, policy);
        var counts = new int[64];
        for (int run = 1; run <= 50; run++)
        {
            pool.Run(counts, null, &Count, counts.Length);
            Assert.All(counts, c => Assert.Equal(run, c));
        }
    }

    /// <summary>More threads than cores, so that some come late to most runs: a late one must neither be waited for nor work on a run that is over.</summary>
    [Theory]
    [InlineData(PowerPolicy.Balanced)]
    [InlineData(PowerPolicy.Eco)]
    public void NoChunkRunsAfterItsRunHasReturned(PowerPolicy policy)
    {
        using var pool = new WorkerPool(Environment.ProcessorCount * 3, policy);
        var watch = new RunWatch();
        for (int run = 1; run <= 3000; run++)
        {
            int chunks = 2 + (run % 50);
            watch.Current = run;
            pool.Run(watch, &run, &NoteRun, chunks);
            Assert.Equal(chunks, watch.Chunks);
            watch.Chunks = 0;
        }
        Assert.Equal(0, watch.Strays);
    }

    [Fact]
    public void PoolWithoutThreadsIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(0));

    private static void RunFailing(WorkerPool pool, int[] counts) => pool.Run(counts, null, &FailAt50, counts.Length);

    private static void Count(object owner, void* state, int chunk) => Interlocked.Increment(ref ((int[])owner)[chunk]);

    private static void NoteRun(object owner, void* state, int chunk)
    {
        var watch = (RunWatch)owner;
        Interlocked.Increment(ref watch.Chunks);
        if (*(int*)state != Volatile.Read(ref watch.Current))
        {
            Interlocked.Increment(ref watch.Strays);
        }
    }

    private static void Multiply(object owner, void* state, int chunk) => ((int[])owner)[chunk] = *(int*)state * chunk;

    private static void FailAt50(object owner, void* state, int chunk)
    {
        if (chunk == 50)
        {
            throw new FormatException("chunk 50");
        }
    }

    private sealed class RunWatch
    {
        public int Current;
        public int Chunks;
        public int Strays;
    }
}
