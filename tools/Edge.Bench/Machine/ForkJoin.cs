using System.Diagnostics;
using Edge.Kernels.Threading;

namespace Edge.Bench.Machine;

/// <summary>What it costs to hand work to all threads of a pool and wait for them.</summary>
public static unsafe class ForkJoin
{
    private const int Calls = 20_000;

    /// <summary>Microseconds of an empty <see cref="WorkerPool.Run"/> with one chunk per thread, called again at once: least and median.</summary>
    public static (double Minimum, double Median) Microseconds(WorkerPool pool)
    {
        var times = new double[Calls];
        for (int warm = 0; warm < 2; warm++)
        {
            for (int i = 0; i < Calls; i++)
            {
                long before = Stopwatch.GetTimestamp();
                pool.Run(pool, null, &Nothing, pool.Threads);
                times[i] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
            }
        }
        Array.Sort(times);
        return (times[0], times[Calls / 2]);
    }

    private static void Nothing(object owner, void* state, int index)
    {
    }
}
