using Edge.Kernels.Threading;

namespace Edge.Kernels.Tests;

public unsafe class WorkerPoolTests
{
    /// <summary>More threads than cores, and pauses in which they park: each must be woken by the permit meant for it.</summary>
    [Fact]
    public void ThreadsThatParkAreWokenForEveryRun()
    {
        using var pool = new WorkerPool(Environment.ProcessorCount * 4);
        var counts = new int[64];
        for (int run = 1; run <= 400; run++)
        {
            pool.Run(counts, null, &CountChunk, counts.Length);
            Assert.All(counts, c => Assert.Equal(run, c));
            if (run % 20 == 0)
            {
                Thread.Sleep(2);
            }
        }
    }

    [Fact]
    public void FailureOfAChunkIsRethrown()
    {
        using var pool = new WorkerPool(3);
        var exception = Assert.Throws<InvalidOperationException>(() => pool.Run(new object(), null, &Fail, 8));
        Assert.IsType<NotSupportedException>(exception.InnerException);
    }

    private static void CountChunk(object owner, void* state, int chunk) => Interlocked.Increment(ref ((int[])owner)[chunk]);

    private static void Fail(object owner, void* state, int chunk) => throw new NotSupportedException();
}
