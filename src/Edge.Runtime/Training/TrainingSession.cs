using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Runtime.Execution;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Training;

/// <summary>A planned <see cref="TrainingGraph"/>: inputs and outputs are spans over its arena, valid until the next run. Not thread-safe.</summary>
public sealed unsafe class TrainingSession : IDisposable
{
    private readonly ExecutionPlan _plan;
    private readonly Executor _executor;

    /// <param name="pool">Threads; not disposed.</param>
    /// <param name="maxArenaBytes">Most bytes for the arena.</param>
    /// <exception cref="Diagnostics.EdgeException">A node has no kernel, or the arena is larger.</exception>
    public TrainingSession(TrainingGraph graph, WorkerPool pool, KernelQuery? kernels = null, long maxArenaBytes = long.MaxValue)
    {
        Source = graph;
        _plan = Planner.Plan(graph.Graph, kernels ?? KernelQuery.Default);
        try
        {
            _executor = new Executor(_plan, pool, maxArenaBytes);
        }
        catch
        {
            _plan.Dispose();
            throw;
        }
    }

    public TrainingGraph Source { get; }

    public ExecutionPlan Plan => _plan;

    /// <summary>Bytes of the arena and of packed constants.</summary>
    public long Bytes => _plan.ArenaBytes + _plan.PackedBytes;

    /// <summary>Input of the trained part: value <paramref name="index"/> of <see cref="TrainingGraph.Boundary"/>, [batch, ...]. To be filled before every run.</summary>
    public Span<float> Input(int index) => Floats(_plan.Inputs[index]);

    /// <summary>(batch, classes), to be filled before every run.</summary>
    public Span<float> Targets => Floats(_plan.Inputs[Source.Boundary.Count]);

    /// <summary>(batch, classes), to be filled before every run.</summary>
    public Span<float> Weights => Floats(_plan.Inputs[Source.Boundary.Count + 1]);

    /// <summary>(batch, classes) of the last run, before softmax or sigmoid.</summary>
    public ReadOnlySpan<float> Predictions => Floats(_plan.Outputs[0]);

    /// <summary>Of the last run.</summary>
    public float Loss => Floats(_plan.Outputs[1])[0];

    /// <summary>Gradient of parameter <paramref name="index"/> in the last run.</summary>
    public Span<float> Gradient(int index) => Floats(_plan.Outputs[2 + index]);

    public void Run(Profiler? profiler = null) => _executor.Run(profiler);

    /// <summary>Takes over the running statistics that the last run computed.</summary>
    public void UpdateRunning()
    {
        for (int i = 0; i < Source.Running.Count; i++)
        {
            Tensor memory = Source.Running[i].Variable.Variable!;
            Floats(_plan.Outputs[2 + Source.Parameters.Count + i]).CopyTo(memory.Span<float>());
        }
    }

    public void Dispose()
    {
        _executor.Dispose();
        _plan.Dispose();
    }

    private Span<float> Floats(Location location) => new(_executor.Address(location), (int)location.Value.Info.KnownShape.Count);
}
