using Edge.Kernels.Dispatch;

namespace Edge.Runtime.Training;

/// <summary>How a model is trained.</summary>
public sealed record TrainerOptions
{
    public TrainingLoss Loss { get; init; } = new();

    public OptimizerOptions Optimizer { get; init; } = new();

    public LearningSchedule Schedule { get; init; } = new();

    /// <summary>Passes over the samples, at least 1.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Samples whose gradients are averaged for one step, at least 1.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Samples that are computed together, a divisor of work only: gradients are added up over parts of a mini-batch. 0 = the mini-batch.</summary>
    public int MicroBatch { get; init; }

    /// <summary>Most activations are computed again for the backward half instead of being kept: less memory, about a third more time.</summary>
    public bool Recompute { get; init; }

    /// <summary>Order of the samples and everything else that is random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Threads; results depend on none but are stated for a number of them.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Epochs without a better hold-out loss after which training ends; 0 = never.</summary>
    public int Patience { get; init; }

    /// <summary>Batch normalization takes its statistics from the batch and updates the running ones.</summary>
    public bool BatchStatistics { get; init; }

    /// <summary>Share of the trained part's inputs that are set to 0 in each step, the others scaled up (Srivastava et al., "Dropout", 2014), in [0, 1).</summary>
    public float Dropout { get; init; }

    public KernelQuery Kernels { get; init; } = KernelQuery.Default;

    /// <summary>Most bytes for one arena.</summary>
    public long MaxArenaBytes { get; init; } = long.MaxValue;
}
