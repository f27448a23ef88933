using System.Diagnostics;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>Time per step and run. Attached to a session it costs two clock reads per step and allocates nothing.</summary>
/// <param name="plan">The plan of the session.</param>
/// <param name="capacity">Runs that are kept, at least 1; the oldest make room for later ones.</param>
public sealed class Profiler(ExecutionPlan plan, int capacity)
{
    private readonly long[] _ticks = new long[checked(plan.Steps.Count * capacity)];

    /// <summary>Runs that are kept.</summary>
    public int Runs { get; private set; }

    private int Slot { get; set; }

    /// <summary>The plan of the session.</summary>
    public ExecutionPlan Plan => plan;

    /// <summary>Median time of step <paramref name="index"/> in milliseconds; 0 before the first run.</summary>
    public double Median(int index)
    {
        double[] times = [.. Times(index).Order()];
        return Runs == 0 ? 0 : (times[(Runs - 1) / 2] + times[Runs / 2]) / 2;
    }

    /// <summary>Least time of step <paramref name="index"/> in milliseconds; 0 before the first run.</summary>
    public double Minimum(int index) => Times(index).DefaultIfEmpty().Min();

    internal void Record(int step, long ticks) => _ticks[(Slot * plan.Steps.Count) + step] = ticks;

    internal void EndRun()
    {
        Slot = (Slot + 1) % capacity;
        Runs = Math.Min(Runs + 1, capacity);
    }

    /// <summary>Milliseconds per kept run.</summary>
    private IEnumerable<double> Times(int index) =>
        Enumerable.Range(0, Runs).Select(run => _ticks[(run * plan.Steps.Count) + index] * 1e3 / Stopwatch.Frequency);
}
