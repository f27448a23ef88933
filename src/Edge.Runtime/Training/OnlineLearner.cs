using System.Diagnostics;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Training;

/// <summary>How a model learns while it works.</summary>
public sealed record OnlineLearnerOptions
{
    public TrainerOptions Trainer { get; init; } = new() { BatchSize = 16 };

    /// <summary>See <see cref="TrainableLayer.Select"/>.</summary>
    public string Layers { get; init; } = "last:1";

    /// <summary>Samples that are kept per class, as features; older ones are replaced at random (reservoir sampling; Vitter, 1985).</summary>
    public int SamplesPerClass { get; init; } = 200;

    /// <summary>Every so-many-th sample of a class is held out to judge by, at least 2.</summary>
    public int HoldoutEvery { get; init; } = 5;

    /// <summary>Most bytes that the learner may hold.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;
}

/// <summary>
/// Learning in small steps between inferences: samples are added as they come, a step takes one mini-batch, and what was learned
/// is kept only if it is not worse on samples held out. All memory is allocated when it is made. One thread at a time; the model
/// it was made from is never changed.
/// </summary>
/// <example><code>
/// using var learner = new OnlineLearner(model.File);
/// learner.AddSample(input, label: 3);
/// learner.Step(TimeSpan.FromMilliseconds(20));
/// if (learner.TryCommit(out ModelFile? better, out string reason)) { /* put it in use */ }
/// </code></example>
public sealed class OnlineLearner : IDisposable
{
    private readonly ModelFile _file;
    private readonly OnlineLearnerOptions _options;
    private readonly Trainer _trainer;
    private readonly InferenceSession? _trunk;
    private readonly Reservoir _train;
    private readonly Reservoir _holdout;
    private readonly float[] _features;
    private readonly int[] _seen;
    private readonly SeededRandom _random;
    private readonly int[] _indices;
    private Dictionary<Value, Tensor> _committed;

    /// <exception cref="EdgeException">The layers cannot be trained.</exception>
    public OnlineLearner(ModelFile file, OnlineLearnerOptions? options = null)
    {
        _file = file;
        _options = options ?? new OnlineLearnerOptions();
        if (_options.SamplesPerClass < 1 || _options.HoldoutEvery < 2)
        {
            throw new EdgeException(EdgeError.BadOption, $"{_options.SamplesPerClass} samples per class and every {_options.HoldoutEvery}th held out; expected at least 1 and 2");
        }
        (Graph graph, Value[] trained, _) = QuantizedTail.Prepare(file.Graph, _options.Layers);
        _trainer = new Trainer(graph, trained, _options.Trainer);
        Graph? trunk = FrozenTrunk.Find(graph, _trainer.Boundary);
        _trunk = trunk is null ? null : new InferenceSession(trunk, new SessionOptions { Threads = _options.Trainer.Threads, Kernels = _options.Trainer.Kernels });
        _features = new float[FrozenTrunk.FeatureFloats(graph, _trainer.Boundary)];
        _random = new SeededRandom(_options.Trainer.Seed);
        RequireMemory();
        _train = new Reservoir(_trainer.Classes, _options.SamplesPerClass, _features.Length, _random);
        _holdout = new Reservoir(_trainer.Classes, HoldoutPerClass, _features.Length, _random);
        _seen = new int[_trainer.Classes];
        _indices = new int[_options.Trainer.BatchSize];
        _committed = _trainer.Weights();
    }

    private int HoldoutPerClass => Math.Max(1, _options.SamplesPerClass / _options.HoldoutEvery);

    public int Classes => _trainer.Classes;

    /// <summary>Samples to learn from.</summary>
    public int Count => _train.Count;

    /// <summary>Samples to judge by.</summary>
    public int HoldoutCount => _holdout.Count;

    /// <summary>Bytes that the learner holds.</summary>
    public long Bytes => NetworkBytes + _train.Bytes + _holdout.Bytes;

    private long NetworkBytes => _trainer.Bytes + (_trunk?.Plan.ArenaBytes ?? 0) + (_trunk?.Plan.PackedBytes ?? 0);

    /// <summary>The longest step so far: what a step may delay an inference by.</summary>
    public TimeSpan LongestStep { get; private set; }

    /// <summary>Takes a labelled sample: computes its features and keeps them.</summary>
    /// <param name="input">One input of the model.</param>
    /// <param name="label">In [0, <see cref="Classes"/>).</param>
    /// <exception cref="EdgeException">The size or the label does not fit, or a value is not finite.</exception>
    public void AddSample(ReadOnlySpan<float> input, int label)
    {
        TensorInfo info = _file.Graph.Inputs[0].Info;
        if (info.KnownShape[0] != 1 || input.Length != info.KnownShape.Count || label < 0 || label >= Classes)
        {
            throw new EdgeException(EdgeError.BadTrainingData, $"a sample has {input.Length} values and the label {label}; the model takes {info} and has {Classes} classes", "the batch is 1");
        }
        foreach (float value in input)
        {
            if (!float.IsFinite(value))
            {
                throw new EdgeException(EdgeError.BadTrainingData, $"a sample holds {value}", "leave out samples with missing values");
            }
        }
        Compute(input);
        bool isHeldOut = _seen[label]++ % _options.HoldoutEvery == _options.HoldoutEvery - 1;
        (isHeldOut ? _holdout : _train).Add(_features, label);
    }

    /// <summary>Steps until the next one would pass the budget, judged by the longest so far; at least one.</summary>
    /// <param name="budget">Time for all steps together.</param>
    /// <returns>Number of steps; 0 while there are fewer than two classes, or when cancelled.</returns>
    /// <exception cref="EdgeException">The loss is not finite: the weights are those of the last commit.</exception>
    public int Step(TimeSpan budget, CancellationToken cancel = default)
    {
        long start = Stopwatch.GetTimestamp();
        int steps = 0;
        while (!cancel.IsCancellationRequested && _train.ClassesSeen > 1)
        {
            long begin = Stopwatch.GetTimestamp();
            int count = Math.Min(_indices.Length, _train.Count);
            for (int i = 0; i < count; i++)
            {
                _indices[i] = _train.Draw(_random);
            }
            try
            {
                _trainer.Step(_train, _indices.AsSpan(0, count));
            }
            catch (EdgeException)
            {
                Rollback();
                throw;
            }
            steps++;
            TimeSpan taken = Stopwatch.GetElapsedTime(begin);
            LongestStep = taken > LongestStep ? taken : LongestStep;
            if (Stopwatch.GetElapsedTime(start) + LongestStep > budget)
            {
                break;
            }
        }
        return steps;
    }

    /// <summary>The present weights on the samples held out.</summary>
    public Evaluation Evaluate() => _trainer.Evaluate(_holdout);

    /// <summary>
    /// Keeps what was learned, if it is not worse on the samples held out than what was kept before; else goes back to that.
    /// </summary>
    /// <param name="model">The new model; null where refused.</param>
    /// <param name="reason">In words.</param>
    public bool TryCommit(out ModelFile? model, out string reason)
    {
        model = null;
        if (_holdout.ClassesSeen < 2)
        {
            reason = $"{_holdout.Count} samples of {_holdout.ClassesSeen} classes are held out, two classes are needed to judge";
            Rollback();
            return false;
        }
        Dictionary<Value, Tensor> candidate = _trainer.Weights();
        Evaluation after = Evaluate();
        _trainer.Restore(_committed);
        Evaluation before = Evaluate();
        bool isBetter = after.Accuracy >= before.Accuracy && double.IsFinite(after.Loss);
        reason = FormattableString.Invariant($"the accuracy on {after.Count} samples held out is {after.Accuracy:P2}, {before.Accuracy:P2} before");
        if (isBetter)
        {
            _trainer.Restore(candidate);
            _committed = candidate;
            model = TunedModel.Create(_file, _trainer.ToModel(), []);
        }
        return isBetter;
    }

    /// <summary>Forgets what was learned since the last commit; samples are kept.</summary>
    public void Rollback() => _trainer.Restore(_committed);

    public void Dispose()
    {
        _trunk?.Dispose();
        _trainer.Dispose();
    }

    private void RequireMemory()
    {
        long bytes = NetworkBytes + ((long)_trainer.Classes * (_options.SamplesPerClass + HoldoutPerClass) * _features.Length * sizeof(float));
        if (bytes > _options.MaxBytes)
        {
            Dispose();
            throw new EdgeException(EdgeError.OutOfMemory, $"learning needs {bytes} bytes, {_options.MaxBytes} are allowed", "keep fewer samples per class, train fewer layers, or allow more memory");
        }
    }

    private void Compute(ReadOnlySpan<float> input)
    {
        if (_trunk is null)
        {
            input.CopyTo(_features);
            return;
        }
        _trunk.SetInput(0, input);
        _trunk.Execute();
        int start = 0;
        for (int i = 0; i < _trunk.Outputs.Count; i++)
        {
            int length = (int)_trunk.Outputs[i].Info.KnownShape.Count;
            _trunk.ReadOutput(i, _features.AsSpan(start, length));
            start += length;
        }
    }

    /// <summary>A bounded set of samples per class, each sample seen with equal probability.</summary>
    private sealed class Reservoir(int classes, int perClass, int sampleFloats, SeededRandom random) : ISampleSet
    {
        private readonly float[] _values = new float[(long)classes * perClass * sampleFloats];
        private readonly int[] _kept = new int[classes];
        private readonly int[] _seen = new int[classes];

        public int Count => _kept.Sum();

        public int ClassesSeen => _kept.Count(k => k > 0);

        public int SampleFloats => sampleFloats;

        public long Bytes => (long)_values.Length * sizeof(float);

        public void Add(ReadOnlySpan<float> sample, int label)
        {
            int slot = _seen[label] < perClass ? _seen[label] : random.Next(_seen[label] + 1);
            _seen[label]++;
            if (slot < perClass)
            {
                _kept[label] = Math.Max(_kept[label], slot + 1);
                sample.CopyTo(_values.AsSpan(((label * perClass) + slot) * sampleFloats, sampleFloats));
            }
        }

        /// <summary>A random sample of a random class: rare classes are drawn as often as common ones.</summary>
        public int Draw(SeededRandom source)
        {
            int chosen = source.Next(ClassesSeen);
            int at = 0;
            for (int label = 0; label < classes; label++)
            {
                if (_kept[label] > 0 && chosen-- == 0)
                {
                    return at + source.Next(_kept[label]);
                }
                at += _kept[label];
            }
            return 0;
        }

        public int Label(int index) => Find(index).Label;

        public void Read(int index, Span<float> target)
        {
            (int label, int slot) = Find(index);
            _values.AsSpan(((label * perClass) + slot) * sampleFloats, sampleFloats).CopyTo(target);
        }

        private (int Label, int Slot) Find(int index)
        {
            int label = 0;
            while (index >= _kept[label])
            {
                index -= _kept[label++];
            }
            return (label, index);
        }
    }
}
