using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Training;

/// <summary>What a tuning will need, from plans that are made and thrown away.</summary>
internal static class TuningMemory
{
    /// <summary>Bytes of features, arenas, packed weights, weights with gradients, and optimizer state.</summary>
    public static long Estimate(Graph graph, IReadOnlyList<Value> trained, TrainerOptions options, int microBatch, int samples)
    {
        var variables = new Dictionary<Value, Tensor>();
        TrainingGraph training = TrainingGraph.Build(graph, trained, variables, microBatch, options.Loss.Kind, gradients: true, options.BatchStatistics, options.Recompute);
        TrainingGraph evaluation = TrainingGraph.Build(graph, trained, variables, microBatch, options.Loss.Kind, gradients: false);
        long weights = trained.Sum(v => v.Info.KnownShape.Count);
        // Weights, the best so far, those to go back to, sums of gradients, and what the optimizer remembers.
        long copies = (4 * sizeof(float)) + Optimizer.StateBytesPerWeight(options.Optimizer.Kind);
        long bytes = Measure(training.Graph, options) + Measure(evaluation.Graph, options) + (weights * copies);
        if (FrozenTrunk.Find(graph, training.Boundary) is { } trunk)
        {
            bytes += Measure(trunk, options) + ((long)samples * FrozenTrunk.FeatureFloats(graph, training.Boundary) * sizeof(float));
        }
        return bytes;
    }

    private static long Measure(Graph graph, TrainerOptions options)
    {
        using ExecutionPlan plan = Planner.Plan(graph, options.Kernels);
        return plan.ArenaBytes + plan.PackedBytes;
    }
}
