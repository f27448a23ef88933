using System.Diagnostics;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>Time per step, summed over runs. Attached to a session it costs two clock reads per step and allocates nothing.</summary>
public sealed class Profiler(ExecutionPlan plan)
{
    private readonly long[] _ticks = new long[plan.Steps.Count];

    public ExecutionPlan Plan => plan;

    public int Runs { get; private set; }

    /// <summary>Mean time of step <paramref name="index"/> per run.</summary>
    public TimeSpan Mean(int index) =>
        Runs == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)_ticks[index] / Stopwatch.Frequency / Runs);

    internal void Record(int step, long ticks) => _ticks[step] += ticks;

    internal void EndRun() => Runs++;
}
