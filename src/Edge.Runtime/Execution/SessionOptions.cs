using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Execution;

/// <summary>How a session is to run.</summary>
public sealed record SessionOptions
{
    /// <summary>Threads that work on one inference; 0 = the knob EDGE_THREADS, else the cores that the policy uses.</summary>
    public int Threads { get; init; }

    /// <summary>How threads wait and on which cores they run; null = the knob EDGE_POLICY, else balanced.</summary>
    public PowerPolicy? Policy { get; init; }

    /// <summary>Which kernel rows may be chosen. <see cref="KernelQuery.Reference"/> gives the naive oracle.</summary>
    public KernelQuery Kernels { get; init; } = KernelQuery.Default;

    /// <summary>Most bytes that the session may allocate for its arena and, in a run, for results whose shapes depend on data.</summary>
    public long MaxArenaBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Computes the nodes that <see cref="OnDevice"/> chooses and that it has kernels for; null for the processor alone.</summary>
    public IDevice? Device { get; init; }

    /// <summary>
    /// Type in which <see cref="Device"/> keeps constant weights of products and convolutions: F32, or F16 for half of the memory and of
    /// the traffic, at the price of rounded weights. Activations and sums are float32 in both.
    /// </summary>
    public DataType DeviceWeights { get; init; } = DataType.F32;

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

    /// <summary><see cref="Kernels"/> with what is known of <see cref="Device"/>.</summary>
    internal KernelQuery PlannedKernels => Device is null ? Kernels : Kernels with { Profile = Device.Profile with { Weights = DeviceWeights } };

    /// <summary>The number of threads that these options stand for.</summary>
    public int ResolveThreads()
    {
        int wanted = Threads;
        if (wanted == 0 && int.TryParse(Knobs.Threads.Value, out int set))
        {
            wanted = set;
        }
        return wanted > 0 ? wanted : CpuTopology.Current.DefaultThreads(ResolvePolicy());
    }

    /// <summary>The policy that these options stand for.</summary>
    /// <exception cref="EdgeException">EDGE_POLICY names none.</exception>
    public PowerPolicy ResolvePolicy()
    {
        if (Policy is { } policy)
        {
            return policy;
        }
        return Enum.TryParse(Knobs.Policy.Value, ignoreCase: true, out PowerPolicy set) && Enum.IsDefined(set)
            ? set
            : throw new EdgeException(EdgeError.BadOption, $"{Knobs.Policy.Name} is '{Knobs.Policy.Value}'", "use latency, balanced or eco");
    }
}
