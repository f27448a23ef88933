using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Training;

/// <summary>
/// What a tuning will need, from plans that are made and thrown away. Tuning has three phases, and keeps the features through all of them:
/// the frozen trunk computes them, the trained part learns, the tuned model is put together and run once.
/// </summary>
internal sealed class TuningMemory
{
    private readonly Graph _graph;
    private readonly IReadOnlyList<Value> _trained;
    private readonly FineTuneOptions _options;
    private readonly long _weights;
    private readonly long _features;
    private readonly long _trunk;
    private readonly long _whole;

    /// <param name="samples">Number of samples, without those of the replay buffer's changed copies.</param>
    public TuningMemory(Graph graph, IReadOnlyList<Value> trained, FineTuneOptions options, int samples)
    {
        _graph = graph;
        _trained = trained;
        _options = options;
        _weights = trained.Sum(v => v.Info.KnownShape.Count);
        TrainingGraph evaluation = Build(1, gradients: false, recompute: false);
        if (FrozenTrunk.Find(graph, evaluation.Boundary) is { } trunk)
        {
            _trunk = Measure(trunk);
            double perSample = ((1 - options.Holdout) * (options.Augmentation.IsOn ? options.Copies : 1)) + (options.Holdout * (options.MustImprove ? 2 : 1));
            _features = (long)(samples * perSample * FrozenTrunk.FeatureFloats(graph, evaluation.Boundary) * sizeof(float));
        }
        else if (options.SlowSamples)
        {
            Held = (long)samples * graph.Inputs[0].Info.KnownShape.Count / Math.Max(1, graph.Inputs[0].Info.KnownShape[0]) * sizeof(float);
        }
        _whole = Measure(graph);
    }

    /// <summary>Bytes of the samples, where keeping them saves reading them again in every epoch; else 0.</summary>
    public long Held { get; }

    /// <summary>Bytes at the peak.</summary>
    /// <param name="microBatch">Samples that are computed together.</param>
    public long Estimate(int microBatch, bool recompute)
    {
        TrainerOptions options = _options.Trainer;
        // Weights, the best so far, those to go back to, sums of gradients over the parts of a mini-batch, and what the optimizer remembers.
        long perWeight = ((microBatch < options.BatchSize ? 4 : 3) * sizeof(float)) + Optimizer.StateBytesPerWeight(options.Optimizer.Kind);
        long training = Measure(Build(microBatch, gradients: true, recompute).Graph) + (_options.Holdout > 0 ? Measure(Build(microBatch, gradients: false, recompute: false).Graph) : 0);
        long last = _whole + (2 * _weights * sizeof(float));
        return _features + Math.Max(_trunk, (_weights * perWeight) + Math.Max(training, last)) + _options.SampleBytes + _options.BaseBytes;
    }

    private TrainingGraph Build(int microBatch, bool gradients, bool recompute) =>
        TrainingGraph.Build(_graph, _trained, [], microBatch, _options.Trainer.Loss.Kind, gradients, _options.Trainer.BatchStatistics, recompute);

    private long Measure(Graph graph)
    {
        using ExecutionPlan plan = Planner.Plan(graph, _options.Trainer.Kernels);
        return plan.ArenaBytes + plan.PackedBytes;
    }
}
