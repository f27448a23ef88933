using System.Diagnostics;

namespace Edge.Runtime.Streaming;

/// <summary>Tells whether a thread makes progress: it says when it begins a piece of work and when it waits for the next one.</summary>
public sealed class StageClock(string name)
{
    private long _busySince;

    /// <summary>For people: <c>door/inference</c>.</summary>
    public string Name => name;

    /// <summary>How long the piece of work that runs has been running; null while the stage waits.</summary>
    public TimeSpan? BusyFor => Volatile.Read(ref _busySince) is not 0 and long since ? Stopwatch.GetElapsedTime(since) : null;

    public void Begin() => Volatile.Write(ref _busySince, Stopwatch.GetTimestamp());

    public void Wait() => Volatile.Write(ref _busySince, 0);
}
