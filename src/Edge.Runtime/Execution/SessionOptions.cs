using Edge.Kernels.Dispatch;

namespace Edge.Runtime.Execution;

/// <summary>How a session is to run.</summary>
public sealed record SessionOptions
{
    /// <summary>Threads that work on one inference; 0 = the knob EDGE_THREADS, else the number of cores.</summary>
    public int Threads { get; init; }

    /// <summary>Which kernel rows may be chosen. <see cref="KernelQuery.Reference"/> gives the naive oracle.</summary>
    public KernelQuery Kernels { get; init; } = KernelQuery.Default;

    /// <summary>Most bytes that the session may allocate for its arena and, in a run, for results whose shapes depend on data.</summary>
    public long MaxArenaBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The number of threads that these options stand for.</summary>
    public int ResolveThreads()
    {
        int wanted = Threads;
        if (wanted == 0 && int.TryParse(Knobs.Threads.Value, out int set))
        {
            wanted = set;
        }
        return wanted > 0 ? wanted : Environment.ProcessorCount;
    }
}
