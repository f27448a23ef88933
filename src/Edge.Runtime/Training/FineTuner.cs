using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
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

    /// <summary>
    /// Trained layers that had been 8-bit integers become that again if it costs at most so many percentage points of the accuracy on the samples
    /// held out (on those trained on, where none are), and leaves it no lower than before; else they stay float32.
    /// </summary>
    public double Budget { get; init; } = 0.5;

    /// <summary>Changes of the samples that are trained on; those held out stay as they are.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>Changed copies of each sample whose features are computed where a trunk is frozen, at least 1; without a trunk samples are changed anew in every epoch.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Most bytes at the peak: the mini-batch is computed in parts that fit. 0 = no bound.</summary>
    public long MaxBytes { get; init; }

    /// <summary>Bytes that the process has already, counted within <see cref="MaxBytes"/>; 0 = only what tuning adds is counted.</summary>
    public long BaseBytes { get; init; }

    /// <summary>Bytes that reading the samples takes, counted within <see cref="MaxBytes"/>.</summary>
    public long SampleBytes { get; init; }

    /// <summary>Reading a sample takes long: without a frozen trunk, whose features are kept, the samples are kept in memory where they fit.</summary>
    public bool SlowSamples { get; init; }
}

/// <summary>The outcome of a tuning.</summary>
/// <param name="Model">The tuned model where it was accepted, else the model as it was.</param>
/// <param name="Accepted">Whether the hold-out score is not worse.</param>
/// <param name="Reason">In words.</param>
/// <param name="Before">On the samples held out, before tuning; null where none are.</param>
/// <param name="Weights">New values of constants, by name; empty where refused.</param>
/// <param name="Requantization">What became of trained layers that had been integers, in words; null where there are none.</param>
public sealed record FineTuneResult(
    ModelFile Model,
    bool Accepted,
    string Reason,
    Evaluation? Before,
    Evaluation? After,
    IReadOnlyList<EpochReport> Epochs,
    IReadOnlyDictionary<string, Tensor> Weights,
    string? Requantization = null);

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

    private readonly QuantizedTail? _tail;
    private readonly bool _holds;

    private FineTuner(ModelFile file, FineTuneOptions options, Graph graph, Value[] trained, QuantizedTail? tail, long plannedBytes, bool holds)
    {
        _tail = tail;
        _file = file;
        _options = options;
        _graph = graph;
        _trained = trained;
        _holds = holds;
        PlannedBytes = plannedBytes;
    }

    /// <summary>Samples that are computed together so that tuning stays within its bytes.</summary>
    public int MicroBatch => _options.Trainer.MicroBatch;

    /// <summary>Whether activations are computed again to stay within the bytes.</summary>
    public bool Recomputes => _options.Trainer.Recompute;

    /// <summary>Bytes at the peak: those that were there before, samples, features, arenas, packed weights, gradients, optimizer state.</summary>
    public long PlannedBytes { get; }

    /// <summary>Whether trained layers are 8-bit integers in the model: no delta can say what becomes of them.</summary>
    public bool HasIntegers => _tail is not null;

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
        (Graph graph, Value[] trained, QuantizedTail? tail) = QuantizedTail.Prepare(file.Graph, options.Layers, newHead ? options.Labels.Count : 0, options.Trainer.Seed);
        var memory = new TuningMemory(graph, trained, options, samples);
        int micro = options.Trainer.MicroBatch == 0 ? options.Trainer.BatchSize : options.Trainer.MicroBatch;
        bool recompute = options.Trainer.Recompute;
        while (true)
        {
            long bytes = memory.Estimate(micro, recompute);
            if (options.MaxBytes == 0 || bytes <= options.MaxBytes)
            {
                bool holds = memory.Held > 0 && (options.MaxBytes == 0 || bytes + memory.Held <= options.MaxBytes);
                FineTuneOptions chosen = options with { Trainer = options.Trainer with { MicroBatch = micro, Recompute = recompute } };
                return new FineTuner(file, chosen, graph, trained, tail, bytes + (holds ? memory.Held : 0), holds);
            }
            if (micro == 1 && recompute)
            {
                throw new EdgeException(
                    EdgeError.OutOfMemory, $"tuning needs {bytes} bytes for one sample at a time, {options.MaxBytes} are allowed", "train fewer layers, give fewer samples, or allow more memory");
            }
            (micro, recompute) = micro > 1 ? ((micro + 1) / 2, recompute) : (1, true);
        }
    }

    /// <summary>
    /// Runs everything once on one sample of zeros: what the process needs besides the data, code above all, is in memory then and
    /// can be measured for <see cref="FineTuneOptions.BaseBytes"/>.
    /// </summary>
    public void Rehearse()
    {
        TrainerOptions options = _options.Trainer with { BatchSize = 1, MicroBatch = 1, Epochs = 1 };
        using (var trainer = new Trainer(_graph, _trained, options))
        {
            trainer.Rehearse();
        }
        using var session = new InferenceSession(_graph, new SessionOptions { Threads = options.Threads, Kernels = options.Kernels });
        session.Execute();
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
        TrainingGraph evaluation = TrainingGraph.Build(_graph, _trained, [], 1, _options.Trainer.Loss.Kind, gradients: false);
        Trainer.Check(replay is null ? samples : new JoinedSamples(samples, replay), evaluation.Classes);
        (ISampleSet train, ISampleSet holdout, ISampleSet own) = Features(samples, replay, evaluation.Boundary);
        Evaluation? before = null;
        Evaluation? after = null;
        IReadOnlyList<EpochReport> epochs;
        IReadOnlyDictionary<Value, Tensor> weights;
        string? worse;
        using (var trainer = new Trainer(_graph, _trained, _options.Trainer, _options.FromScratch ? WeightInitializer.Create(_graph, _trained, _options.Trainer.Seed) : null))
        {
            Evaluation? ownBefore = _options.MustImprove ? trainer.Evaluate(own) : null;
            before = holdout.Count > 0 ? trainer.Evaluate(holdout) : null;
            epochs = trainer.Train(train, holdout, progress, cancel);
            after = holdout.Count > 0 ? trainer.Evaluate(holdout) : null;
            worse = Worse(before, after) ?? NoEvidence(ownBefore, ownBefore is null ? null : trainer.Evaluate(own));
            weights = trainer.Weights();
        }
        if (worse is not null)
        {
            return new FineTuneResult(_file, false, worse, before, after, epochs, new Dictionary<string, Tensor>());
        }
        Graph graph = GraphCopy.WithConstants(_graph, weights);
        string? requantization = null;
        if (_tail is not null)
        {
            (ISampleSet shown, ISampleSet judged, _) = Split(samples, replay);
            (graph, requantization) = RequantizationGate.Pass(graph, _tail, shown, judged, before?.Accuracy ?? 0, _options);
        }
        ModelFile tuned = TunedModel.Create(_file, graph, _options.Labels);
        return new FineTuneResult(tuned, true, Better(before, after), before, after, epochs, weights.ToDictionary(p => p.Key.Name, p => p.Value), requantization);
    }

    /// <summary>What the trained part reads: to train on, to judge by, and of the latter those that are new.</summary>
    private (ISampleSet Train, ISampleSet Holdout, ISampleSet Own) Features(ISampleSet samples, ISampleSet? replay, IReadOnlyList<Value> boundary)
    {
        (ISampleSet train, ISampleSet holdout, ISampleSet own) = Split(samples, replay);
        ISampleSet Compute(ISampleSet set) => FrozenTrunk.Apply(_graph, boundary, set, _options.Trainer);
        ISampleSet kept = Compute(_holds ? MemorySamples.Load(holdout) : holdout);
        return (Compute(Augmented(_holds ? MemorySamples.Load(train) : train, boundary)), kept, own == holdout ? kept : _options.MustImprove ? Compute(own) : own);
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
