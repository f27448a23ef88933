using Edge.Kernels.Dispatch;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Planning;

/// <summary>
/// A graph made ready to run: an ordered list of kernel calls with chosen rows, and a place in one arena for every value.
/// The only form besides the graph.
/// </summary>
public sealed class ExecutionPlan : IDisposable
{
    internal ExecutionPlan(Graph graph, KernelQuery query, PlanStep[] steps, Location[] inputs, Location[] outputs, ArenaBuffer[] buffers)
    {
        Graph = graph;
        Query = query;
        Steps = steps;
        Inputs = inputs;
        Outputs = outputs;
        Buffers = buffers;
        ArenaBytes = MemoryPlanner.Place(buffers);
        LiveBytes = MemoryPlanner.LowerBound(buffers);
        Stages = DeviceSchedule.Cut(this);
    }

    public Graph Graph { get; }

    public KernelQuery Query { get; }

    public IReadOnlyList<PlanStep> Steps { get; }

    /// <summary>The steps cut where the work goes from the processor to a device or back; one stage where all is on the processor.</summary>
    public IReadOnlyList<PlanStage> Stages { get; }

    /// <summary>Places of the graph inputs, in order.</summary>
    public IReadOnlyList<Location> Inputs { get; }

    public IReadOnlyList<Location> Outputs { get; }

    public IReadOnlyList<ArenaBuffer> Buffers { get; }

    /// <summary>Size of the arena.</summary>
    public long ArenaBytes { get; }

    /// <summary>The largest sum of simultaneously live buffers: the least that any arena needs.</summary>
    public long LiveBytes { get; }

    /// <summary>Bytes of weights packed for the chosen rows.</summary>
    public long PackedBytes => Steps.Sum(s => s.Kernel?.PackedBytes ?? 0);

    /// <summary>Bytes of the constants that the graph reads.</summary>
    public long WeightBytes => Graph.Values().Where(v => v.IsConstant).Sum(v => v.Constant!.Bytes);

    public void Dispose()
    {
        foreach (PlanStep step in Steps)
        {
            step.Kernel?.Dispose();
        }
    }
}
