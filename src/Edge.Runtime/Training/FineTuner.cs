using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Training;

/// <summary>What is tuned, and within which bounds.</summary>
public sealed record FineTuneOptions
{
    public TrainerOptions Trainer { get; init; } = new();

    /// <summary><c>all</c>, <c>last:K</c>, or names of layers separated by commas; see <see cref="TrainableLayer.Select"/>.</summary>
    public string Layers { get; init; } = "last:1";

    /// <summary>Replaces the last layer by one with these classes, unless they are the model's; empty = the model's own.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>All trained weights start anew.</summary>
    public bool FromScratch { get; init; }

    /// <summary>Share of the samples of each class that are held out to judge by, in [0, 1).</summary>
    public double Holdout { get; init; } = 0.2;

    /// <summary>The result is accepted only if it makes fewer errors on the new samples held out, instead of as many: no change without evidence.</summary>
    public bool MustImprove { get; init; }

    /// <summary>Changes of the samples that are trained on; those held out stay as they are.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>Changed copies of each sample whose features are computed where a trunk is frozen, at least 1; without a trunk samples are changed anew in every epoch.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Most bytes that tuning may add to the process: the mini-batch is computed in parts that fit. 0 = no bound.</summary>
    public long MaxBytes { get; init; }

    /// <summary>Bytes that the samples take by themselves, counted within <see cref="MaxBytes"/>.</summary>
    public long SampleBytes { get; init; }
}

/// <summary>The outcome of a tuning.</summary>
/// <param name="Model">The tuned model where it was accepted, else the model as it was.</param>
/// <param name="Accepted">Whether the hold-out score is not worse.</param>
/// <param name="Reason">In words.</param>
/// <param name="Before">On the samples held out, before tuning; null where none are.</param>
/// <param name="Weights">New values of constants, by name; empty where refused.</param>
public sealed record FineTuneResult(
    ModelFile Model, bool Accepted, string Reason, Evaluation? Before, Evaluation? After, IReadOnlyList<EpochReport> Epochs, IReadOnlyDictionary<string, Tensor> Weights);

/// <summary>
/// Transfer learning on the device: a new head on a frozen trunk, the last layers, or all of them. What the frozen trunk computes
/// for each sample is computed once, by an inference session of whatever types the model has, and kept; only the trained part
/// runs in every epoch. The result is accepted only if it is not worse on samples that were held out.
/// </summary>
public sealed class FineTuner
{
    private readonly ModelFile _file;
    private readonly FineTuneOptions _options;
    private readonly Graph _graph;
    private readonly Value[] _trained;

    private FineTuner(ModelFile file, FineTuneOptions options, Graph graph, Value[] trained, int microBatch, long plannedBytes)
    {
        _file = file;
        _options = options;
        _graph = graph;
        _trained = trained;
        MicroBatch = microBatch;
        PlannedBytes = plannedBytes;
    }

    /// <summary>Samples that are computed together so that tuning stays within its bytes.</summary>
    public int MicroBatch { get; }

    /// <summary>Whether activations are computed again to stay within the bytes.</summary>
    public bool Recomputes => _options.Trainer.Recompute;

    /// <summary>Bytes that tuning will add to the process: features, arenas, packed weights, gradients, optimizer state.</summary>
    public long PlannedBytes { get; }

    /// <summary>Number of trained weights.</summary>
    public long TrainedCount => _trained.Sum(v => v.Info.KnownShape.Count);

    /// <summary>Plans the tuning of a model without allocating what it needs.</summary>
    /// <param name="samples">Number of samples.</param>
    /// <exception cref="EdgeException">The layers cannot be trained, or memory does not suffice even for one sample at a time.</exception>
    public static FineTuner Plan(ModelFile file, FineTuneOptions options, int samples)
    {
        if (options.Holdout is < 0 or >= 1)
        {
            throw new EdgeException(EdgeError.BadOption, FormattableString.Invariant($"the share held out is {options.Holdout}, expected 0 to below 1"));
        }
        options.Augmentation.Validate();
        if (options.Copies < 1)
        {
            throw new EdgeException(EdgeError.BadOption, $"{options.Copies} copies of each sample are asked for, expected at least 1");
        }
        bool newHead = options.Labels.Count > 0 && !options.Labels.SequenceEqual(file.Labels);
        Graph graph = newHead ? HeadReplacer.Replace(file.Graph, options.Labels.Count, options.Trainer.Seed) : file.Graph;
        Value[] trained = [.. TrainableLayer.Select(graph, options.Layers).SelectMany(l => l.Weights)];
        int micro = options.Trainer.MicroBatch == 0 ? options.Trainer.BatchSize : options.Trainer.MicroBatch;
        int features = samples * (options.Augmentation.IsOn ? options.Copies : 1);
        while (true)
        {
            long bytes = TuningMemory.Estimate(graph, trained, options.Trainer, micro, features) + options.SampleBytes;
            if (options.MaxBytes == 0 || bytes <= options.MaxBytes)
            {
                return new FineTuner(file, options, graph, trained, micro, bytes);
            }
            if (micro > 1)
            {
                micro = (micro + 1) / 2;
            }
            else if (!options.Trainer.Recompute)
            {
                options = options with { Trainer = options.Trainer with { Recompute = true } };
            }
            else
            {
                throw new EdgeException(
                    EdgeError.OutOfMemory, $"tuning needs {bytes} bytes for one sample at a time, {options.MaxBytes} are allowed", "train fewer layers, give fewer samples, or allow more memory");
            }
        }
    }

    /// <summary>Tunes. The model given to <see cref="Plan"/> is never changed.</summary>
    /// <param name="samples">Model inputs with labels in order of the classes.</param>
    /// <param name="replay">Samples of what the model knows, mixed into training and judging so that it is not forgotten.</param>
    /// <exception cref="EdgeException">The samples cannot be trained on, or training diverges.</exception>
    public FineTuneResult Run(ISampleSet samples, ISampleSet? replay = null, IProgress<EpochReport>? progress = null, CancellationToken cancel = default)
    {
        if (samples.Count == 0)
        {
            throw new EdgeException(EdgeError.BadTrainingData, "no samples are given", "add labelled samples");
        }
        TrainerOptions options = _options.Trainer with { MicroBatch = MicroBatch };
        IReadOnlyDictionary<Value, Tensor>? initial = _options.FromScratch ? WeightInitializer.Create(_graph, _trained, options.Seed) : null;
        using var trainer = new Trainer(_graph, _trained, options, initial);
        trainer.Check(replay is null ? samples : new JoinedSamples(samples, replay));
        (ISampleSet train, ISampleSet holdout, ISampleSet own) = Split(samples, replay);
        train = FrozenTrunk.Apply(_graph, trainer.Boundary, Augmented(train, trainer.Boundary), options);
        holdout = FrozenTrunk.Apply(_graph, trainer.Boundary, holdout, options);
        own = FrozenTrunk.Apply(_graph, trainer.Boundary, own, options);
        Evaluation? ownBefore = _options.MustImprove ? trainer.Evaluate(own) : null;
        Evaluation? before = holdout.Count > 0 ? trainer.Evaluate(holdout) : null;
        IReadOnlyList<EpochReport> epochs = trainer.Train(train, holdout, progress, cancel);
        Evaluation? after = holdout.Count > 0 ? trainer.Evaluate(holdout) : null;
        string? worse = Worse(before, after) ?? NoEvidence(ownBefore, ownBefore is null ? null : trainer.Evaluate(own));
        if (worse is not null)
        {
            return new FineTuneResult(_file, false, worse, before, after, epochs, new Dictionary<string, Tensor>());
        }
        Dictionary<string, Tensor> weights = trainer.Weights().ToDictionary(p => p.Key.Name, p => p.Value);
        return new FineTuneResult(TunedModel.Create(_file, trainer.ToModel(), _options.Labels), true, Better(before, after), before, after, epochs, weights);
    }

    /// <summary>Samples to train on and to judge by, and of the latter those that are new.</summary>
    private (ISampleSet Train, ISampleSet Holdout, ISampleSet Own) Split(ISampleSet samples, ISampleSet? replay)
    {
        (SampleSubset train, SampleSubset holdout) = SampleSubset.Split(samples, _options.Holdout, _options.Trainer.Seed);
        if (replay is null || replay.Count == 0)
        {
            return (train, holdout, holdout);
        }
        (SampleSubset oldTrain, SampleSubset oldHoldout) = SampleSubset.Split(replay, _options.Holdout, _options.Trainer.Seed);
        return (new JoinedSamples(train, oldTrain), new JoinedSamples(holdout, oldHoldout), holdout);
    }

    private static string? NoEvidence(Evaluation? before, Evaluation? after) =>
        before is not null && after is not null && after.Accuracy <= before.Accuracy
            ? FormattableString.Invariant($"the accuracy on {after.Count} new samples held out is {after.Accuracy:P2} after tuning, {before.Accuracy:P2} before: nothing says that it is better")
            : null;

    private ISampleSet Augmented(ISampleSet samples, IReadOnlyList<Value> boundary)
    {
        if (!_options.Augmentation.IsOn)
        {
            return samples;
        }
        int[] shape = _graph.Inputs[0].Info.KnownShape.ToArray()[1..];
        if (shape.Length is not (2 or 3))
        {
            throw new EdgeException(EdgeError.BadInput, $"the model's input is {_graph.Inputs[0].Info}, augmentation changes images [N,C,H,W] and signals [N,C,W]", "leave augmentation out");
        }
        int copies = FrozenTrunk.Find(_graph, boundary) is null ? 1 : _options.Copies;
        return new AugmentedSamples(samples, _options.Augmentation, shape, copies, _options.Trainer.Seed + 1);
    }

    private static string? Worse(Evaluation? before, Evaluation? after) =>
        before is not null && after is not null && after.Accuracy < before.Accuracy
            ? FormattableString.Invariant($"the accuracy on {after.Count} samples held out is {after.Accuracy:P2} after tuning, {before.Accuracy:P2} before")
            : after is not null && !double.IsFinite(after.Loss) ? "the loss on the samples held out is not finite" : null;

    private static string Better(Evaluation? before, Evaluation? after) => before is null || after is null
        ? "no samples are held out: nothing says whether it is better"
        : FormattableString.Invariant($"the accuracy on {after.Count} samples held out is {after.Accuracy:P2} after tuning, {before.Accuracy:P2} before");
}
