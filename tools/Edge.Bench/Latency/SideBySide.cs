using System.Diagnostics;
using Edge.Bench.Inference;

namespace Edge.Bench.Latency;

/// <summary>
/// Times several engines on one model in turns: A B C, C B A, A B C, ... Whatever else the machine does hits all of them
/// alike, and none always runs first. Before each turn the process has to be idle, so that the threads of the one before,
/// which may still wait actively, take no core away; then the caches are warmed by runs that are not counted.
/// </summary>
public static class SideBySide
{
    private const int LeastRunsPerTurn = 3;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SettlingStep = TimeSpan.FromMilliseconds(20);

    /// <param name="rounds">Turns that each engine gets.</param>
    /// <param name="turn">How long a turn lasts, or longer where three runs take longer.</param>
    /// <returns>One series per engine.</returns>
    public static Series[] Measure(IReadOnlyList<IInference> engines, int rounds, TimeSpan turn)
    {
        List<double>[] times = [.. engines.Select(_ => new List<double>(1 << 16))];
        foreach (IInference engine in engines)
        {
            // The first runs compile (in .NET twice: quickly, then well) and touch memory for the first time.
            Repeat(engine, WarmUp, 2, null);
        }
        for (int round = 0; round < rounds; round++)
        {
            for (int k = 0; k < engines.Count; k++)
            {
                int index = round % 2 == 0 ? k : engines.Count - 1 - k;
                Settle();
                Repeat(engines[index], turn / 10, 1, null);
                Repeat(engines[index], turn, LeastRunsPerTurn, times[index]);
            }
        }
        return [.. engines.Select((e, i) => new Series(e.Name, times[i]))];
    }

    /// <summary>Waits until this process has used less than a tenth of a core for a moment.</summary>
    private static void Settle()
    {
        using Process process = Process.GetCurrentProcess();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < LongestSettling)
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            Thread.Sleep(SettlingStep);
            process.Refresh();
            if (process.TotalProcessorTime - before < SettlingStep / 10)
            {
                return;
            }
        }
    }

    private static void Repeat(IInference engine, TimeSpan duration, int leastRuns, List<double>? times)
    {
        long start = Stopwatch.GetTimestamp();
        long before = start;
        for (int run = 0; run < leastRuns || Stopwatch.GetElapsedTime(start, before) < duration; run++)
        {
            before = Stopwatch.GetTimestamp();
            engine.Run();
            long after = Stopwatch.GetTimestamp();
            times?.Add(Stopwatch.GetElapsedTime(before, after).TotalMilliseconds);
            before = after;
        }
    }
}
