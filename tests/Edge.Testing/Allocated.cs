namespace Edge.Testing;

/// <summary>
/// The one place that counts what runs allocate on the managed heap. Only the runs stand between the two readings: an
/// assertion allocates too, the first of its kind in a process some kilobytes.
/// </summary>
public static class Allocated
{
    private const int Series = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Bytes that so many runs allocate on the thread that calls them: the least of several series, because code that is not
    /// optimized yet may box where optimized code does not. Runs that allocate do so in every series.
    /// </summary>
    public static long OnThread(Action run, int times = 1) => Least(run, times, GC.GetAllocatedBytesForCurrentThread);

    /// <summary>The same for all threads together, workers too; the least also leaves out what the test runner allocates meanwhile.</summary>
    public static long Anywhere(Action run, int times = 1) => Least(run, times, () => GC.GetTotalAllocatedBytes(precise: true));

    private static long Least(Action run, int times, Func<long> read)
    {
        read();
        long least = long.MaxValue;
        for (int series = 0; series < Series && least > 0; series++)
        {
            Thread.Sleep(series == 0 ? TimeSpan.Zero : Pause);
            long before = read();
            for (int i = 0; i < times; i++)
            {
                run();
            }
            least = Math.Min(least, read() - before);
        }
        return least;
    }
}
