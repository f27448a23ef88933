using System.Globalization;
using Edge.Kernels.Threading;
using Edge.Runtime.Execution;
using Edge.Runtime.Tests.Format;

namespace Edge.Runtime.Tests.Execution;

/// <summary>Workers of a session that waits for its next input. Runs alone: workers of other tests would count.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
[Collection("alone")]
public class IdleTests
{
    /// <summary>Less than half a percent of one core.</summary>
    [Theory]
    [InlineData(PowerPolicy.Latency)]
    [InlineData(PowerPolicy.Balanced)]
    [InlineData(PowerPolicy.Eco)]
    public void IdleSessionUsesNoProcessor(PowerPolicy policy)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads the times of threads from /proc");
        using var session = new InferenceSession(SampleModels.Network().Graph, new SessionOptions { Threads = 4, Policy = policy });
        session.Execute();
        // The workers spin for a millisecond at most before they park.
        Thread.Sleep(50);
        (int threads, long before) = WorkerTicks();
        Thread.Sleep(2000);
        Assert.Equal(3, threads);
        // A tick is 10 ms.
        Assert.InRange(WorkerTicks().Ticks - before, 0, 1);
    }

    /// <summary>Worker threads of this process and the processor time that they have used, in ticks.</summary>
    private static (int Threads, long Ticks) WorkerTicks()
    {
        string[] workers = [.. Directory.GetDirectories("/proc/self/task").Select(t => File.ReadAllText(Path.Combine(t, "stat"))).Where(s => s.Contains("(edge worker", StringComparison.Ordinal))];
        return (workers.Length, workers.Sum(Ticks));
    }

    /// <summary>Fields 14 and 15 of proc_pid_stat(5); field 3 follows the name in brackets.</summary>
    private static long Ticks(string stat)
    {
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}
