using Edge.Kernels.Dispatch;
using Edge.Runtime.Devices;
using Edge.Runtime.Graphs;

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

    /// <summary>Computes the nodes that <see cref="OnDevice"/> chooses and that it has kernels for; null for the processor alone.</summary>
    public IDevice? Device { get; init; }

    /// <summary>The session disposes <see cref="Device"/> with itself; else its owner does, after the session.</summary>
    public bool OwnsDevice { get; init; }

    /// <summary>
    /// When the device fails during a run, the session plans anew for the processor and repeats the run there;
    /// <see cref="InferenceSession.FallbackReason"/> then says why.
    /// </summary>
    public bool FallsBack { get; init; }

    /// <summary>Nodes of the model's graph that are meant for <see cref="Device"/>; null for all.</summary>
    public Func<Node, bool>? OnDevice { get; init; }

    /// <summary>The choice of nodes for the planner; null without a device.</summary>
    internal Func<Node, bool>? PlacedNodes => Device is null ? null : OnDevice ?? (_ => true);

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
