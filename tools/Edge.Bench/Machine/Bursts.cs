using System.Diagnostics;
using Edge.Kernels.Threading;

namespace Edge.Bench.Machine;

/// <summary>The shortest time of a piece of work that is done again and again, on a machine that also does other things.</summary>
internal static unsafe class Bursts
{
    /// <summary>Bursts that have to come close to the best one before it is believed.</summary>
    private const int Confirmations = 5;
    private const double Close = 1.01;
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// Seconds of the best call of <paramref name="body"/> with one chunk per thread. Ends when several bursts came within 1 %
    /// of the best, or after 1.5 seconds.
    /// </summary>
    public static double Best(WorkerPool pool, object owner, delegate*<object, void*, int, void> body)
    {
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            long before = Stopwatch.GetTimestamp();
            pool.Run(owner, null, body, pool.Threads);
            times.Add(Stopwatch.GetElapsedTime(before).TotalSeconds);
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < Least || (elapsed < Most && !IsConfirmed(times)));
        return times.Min();
    }

    private static bool IsConfirmed(List<double> times)
    {
        double limit = times.Min() * Close;
        return times.Count(t => t <= limit) > Confirmations;
    }
}
