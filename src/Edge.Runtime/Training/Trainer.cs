using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Training;

/// <summary>
/// Trains weights of a model by mini-batches. The weights are in memory of the trainer; the model's own constants stay as they
/// are. The same samples, options and number of threads give the same weights to the bit.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly Graph _model;
    private readonly TrainerOptions _options;
    private readonly WorkerPool _pool;
    private readonly Dictionary<Value, Tensor> _variables = [];
    private readonly TrainingSession _session;
    private readonly TrainingGraph _evaluationGraph;
    private readonly Optimizer _optimizer;
    private readonly float[][] _sums;
    private readonly SeededRandom _random;
    private readonly int[] _labels;
    private TrainingSession? _evaluation;
    private int[] _order = [];
    private double _epochsDone;

    /// <param name="model">One float32 input whose first axis is the batch; ends in logits, a softmax or a sigmoid.</param>
    /// <param name="trained">Constants of the model that are trained.</param>
    /// <param name="initial">Values to start from instead of the constants.</param>
    public Trainer(Graph model, IReadOnlyList<Value> trained, TrainerOptions options, IReadOnlyDictionary<Value, Tensor>? initial = null)
    {
        _model = model;
        _options = options;
        foreach ((Value value, Tensor tensor) in initial ?? new Dictionary<Value, Tensor>())
        {
            _variables[value] = tensor.Clone();
        }
        int micro = MicroBatch(options);
        TrainingGraph graph = TrainingGraph.Build(model, trained, _variables, micro, options.Loss.Kind, gradients: true, options.BatchStatistics, options.Recompute);
        _evaluationGraph = TrainingGraph.Build(model, trained, _variables, micro, options.Loss.Kind, gradients: false);
        _optimizer = new Optimizer(options.Optimizer, [.. graph.Parameters.Select(p => (int)p.Variable.Info.KnownShape.Count)]);
        _sums = [.. graph.Parameters.Select(p => micro < options.BatchSize ? new float[p.Variable.Info.KnownShape.Count] : [])];
        _labels = new int[options.BatchSize];
        _random = new SeededRandom(options.Seed);
        _pool = new WorkerPool(Math.Max(1, options.Threads));
        try
        {
            _session = new TrainingSession(graph, _pool, options.Kernels, options.MaxArenaBytes);
        }
        catch
        {
            _pool.Dispose();
            throw;
        }
    }

    /// <summary>The trained part and its gradients.</summary>
    public TrainingSession Session => _session;

    public int Classes => _session.Source.Classes;

    /// <summary>The values that a sample consists of: those that the trained part reads, one behind the other.</summary>
    public IReadOnlyList<Value> Boundary => _session.Source.Boundary;

    /// <summary>The forward half, made when it is first needed.</summary>
    private TrainingSession Forward => _evaluation ??= new TrainingSession(_evaluationGraph, _pool, _options.Kernels, _options.MaxArenaBytes);

    /// <summary>Bytes of weights, gradients, optimizer state, arenas and packed constants.</summary>
    public long Bytes => _session.Bytes + Forward.Bytes + (_variables.Values.Sum(t => t.Bytes) / sizeof(float) * (sizeof(float) + Optimizer.StateBytesPerWeight(_options.Optimizer.Kind)))
        + (_sums.Sum(s => (long)s.Length) * sizeof(float));

    /// <summary>Copies of the weights, by the model's constants.</summary>
    public Dictionary<Value, Tensor> Weights() => _variables.ToDictionary(p => p.Key, p => p.Value.Clone());

    /// <summary>Takes weights over that <see cref="Weights"/> gave.</summary>
    public void Restore(IReadOnlyDictionary<Value, Tensor> weights)
    {
        foreach ((Value value, Tensor tensor) in weights)
        {
            tensor.Span<float>().CopyTo(_variables[value].Span<float>());
        }
    }

    /// <exception cref="EdgeException">There are fewer than two classes, or labels that the model does not have (EC7001).</exception>
    public void Check(ISampleSet samples) => Check(samples, Classes);

    /// <summary>Whether samples can be trained on by a model of so many classes.</summary>
    /// <inheritdoc cref="Check(ISampleSet)"/>
    internal static void Check(ISampleSet samples, int classes)
    {
        int[] labels = [.. Enumerable.Range(0, samples.Count).Select(samples.Label)];
        if (labels.Distinct().Count() < 2)
        {
            throw new EdgeException(EdgeError.BadTrainingData, $"{labels.Length} samples of {labels.Distinct().Count()} classes are given, expected at least two classes", "add samples of other classes");
        }
        if (labels.Any(l => l < 0 || l >= classes))
        {
            throw new EdgeException(EdgeError.BadTrainingData, $"the labels reach from {labels.Min()} to {labels.Max()}, the model has {classes} classes", "replace the head by one with as many classes");
        }
    }

    /// <summary>Trains until all epochs are done or patience ends; keeps the weights of the epoch that was best on the samples held out.</summary>
    /// <exception cref="EdgeException">The samples cannot be trained on, or the loss is not finite: the weights are then as before.</exception>
    public IReadOnlyList<EpochReport> Train(ISampleSet samples, ISampleSet? holdout, IProgress<EpochReport>? progress = null, CancellationToken cancel = default)
    {
        Check(samples);
        Dictionary<Value, Tensor> before = Weights();
        var reports = new List<EpochReport>();
        Dictionary<Value, Tensor>? best = null;
        void Keep()
        {
            best ??= Weights();
            foreach ((Value value, Tensor tensor) in best)
            {
                _variables[value].Span<float>().CopyTo(tensor.Span<float>());
            }
        }
        double least = double.PositiveInfinity;
        int bestEpoch = 0;
        try
        {
            for (int epoch = 1; epoch <= _options.Epochs && (_options.Patience == 0 || epoch - bestEpoch <= _options.Patience); epoch++)
            {
                long start = System.Diagnostics.Stopwatch.GetTimestamp();
                double loss = TrainEpoch(samples, cancel);
                TimeSpan time = System.Diagnostics.Stopwatch.GetElapsedTime(start);
                Evaluation? score = holdout is { Count: > 0 } ? Evaluate(holdout) : null;
                if (score is not null && score.Loss < least)
                {
                    (least, bestEpoch) = (score.Loss, epoch);
                    Keep();
                }
                var report = new EpochReport(epoch, loss, score, time);
                reports.Add(report);
                progress?.Report(report);
            }
        }
        catch
        {
            Restore(before);
            throw;
        }
        if (best is not null)
        {
            Restore(best);
        }
        return reports;
    }

    /// <summary>One pass in random order; a last mini-batch may be smaller.</summary>
    /// <returns>Mean loss of the steps.</returns>
    public double TrainEpoch(ISampleSet samples, CancellationToken cancel = default)
    {
        int[] order = _order.Length == samples.Count ? _order : _order = new int[samples.Count];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }
        _random.Shuffle<int>(order);
        double sum = 0;
        int steps = 0;
        double start = _epochsDone;
        for (int at = 0; at < order.Length; at += _options.BatchSize, steps++)
        {
            cancel.ThrowIfCancellationRequested();
            _epochsDone = start + ((double)at / order.Length);
            sum += Step(samples, order.AsSpan(at, Math.Min(_options.BatchSize, order.Length - at)));
        }
        _epochsDone = start + 1;
        return sum / Math.Max(1, steps);
    }

    /// <summary>One step of the optimizer for some samples, at most a mini-batch.</summary>
    /// <returns>The loss before the step.</returns>
    /// <exception cref="EdgeException">The loss is not finite; the weights are unchanged.</exception>
    public float Step(ISampleSet samples, ReadOnlySpan<int> indices)
    {
        int micro = _session.Source.Batch;
        float loss = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            _labels[i] = samples.Label(indices[i]);
        }
        float normalizer = _options.Loss.Normalizer(_labels.AsSpan(0, indices.Length));
        for (int at = 0; at < indices.Length; at += micro)
        {
            ReadOnlySpan<int> part = indices.Slice(at, Math.Min(micro, indices.Length - at));
            Fill(_session, samples, part, normalizer, _options.Dropout);
            _session.Run();
            loss += _session.Loss;
            Collect(at == 0);
        }
        if (!float.IsFinite(loss))
        {
            throw new EdgeException(EdgeError.TrainingDiverged, $"the loss is {loss}", "use a smaller learning rate, gradient clipping, or check the samples");
        }
        Apply();
        return loss;
    }

    /// <summary>Loss and confusion matrix on some samples.</summary>
    public Evaluation Evaluate(ISampleSet samples)
    {
        int classes = Classes;
        TrainingSession session = Forward;
        var confusion = new int[classes][];
        for (int i = 0; i < classes; i++)
        {
            confusion[i] = new int[classes];
        }
        double sum = 0;
        int batch = session.Source.Batch;
        var indices = new int[batch];
        for (int at = 0; at < samples.Count; at += batch)
        {
            int count = Math.Min(batch, samples.Count - at);
            for (int i = 0; i < count; i++)
            {
                indices[i] = at + i;
            }
            Fill(session, samples, indices.AsSpan(0, count), 1, 0);
            session.Run();
            sum += session.Loss;
            for (int i = 0; i < count; i++)
            {
                confusion[samples.Label(at + i)][Largest(session.Predictions.Slice(i * classes, classes))]++;
            }
        }
        return new Evaluation(sum / Math.Max(1, samples.Count), confusion);
    }

    /// <summary>Runs both halves once on zeros; no weight changes.</summary>
    internal void Rehearse()
    {
        foreach (TrainingSession session in new[] { _session, Forward })
        {
            for (int i = 0; i < Boundary.Count; i++)
            {
                session.Input(i).Clear();
            }
            _options.Loss.Encode([0], Classes, 1, session.Targets, session.Weights);
            session.Run();
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _evaluation?.Dispose();
        _pool.Dispose();
    }

    /// <summary>The model with the trained weights.</summary>
    public Graph ToModel() => GraphCopy.WithConstants(_model, _variables.ToDictionary(p => p.Key, p => p.Value.Clone()));

    private static int MicroBatch(TrainerOptions options)
    {
        if (options.Epochs < 1 || options.BatchSize < 1 || options.MicroBatch < 0 || options.Dropout is < 0 or >= 1)
        {
            throw new EdgeException(EdgeError.BadOption, $"{options.Epochs} epochs, batches of {options.BatchSize} and dropout {options.Dropout} are asked for; expected at least 1, at least 1, and 0 to below 1");
        }
        return options.MicroBatch == 0 ? options.BatchSize : Math.Min(options.MicroBatch, options.BatchSize);
    }

    private static int Largest(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    /// <summary>Samples, targets and weights of a mini-batch; what is missing to the batch's size counts nothing.</summary>
    private void Fill(TrainingSession session, ISampleSet samples, ReadOnlySpan<int> indices, float normalizer, float dropout)
    {
        int batch = session.Source.Batch;
        IReadOnlyList<Value> boundary = session.Source.Boundary;
        Span<int> labels = stackalloc int[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            labels[i] = samples.Label(indices[i]);
        }
        if (boundary.Count == 1)
        {
            Span<float> input = session.Input(0);
            int size = input.Length / batch;
            for (int i = 0; i < indices.Length; i++)
            {
                samples.Read(indices[i], input.Slice(i * size, size));
            }
            input[(indices.Length * size)..].Clear();
            Drop(input[..(indices.Length * size)], dropout);
        }
        else
        {
            FillParts(session, samples, indices, dropout);
        }
        _options.Loss.Encode(labels, session.Source.Classes, normalizer, session.Targets, session.Weights);
    }

    /// <summary>A sample holds all values of the boundary, one behind the other.</summary>
    private void FillParts(TrainingSession session, ISampleSet samples, ReadOnlySpan<int> indices, float dropout)
    {
        int batch = session.Source.Batch;
        var sample = new float[samples.SampleFloats];
        for (int i = 0; i < batch; i++)
        {
            if (i < indices.Length)
            {
                samples.Read(indices[i], sample);
            }
            int start = 0;
            for (int part = 0; part < session.Source.Boundary.Count; part++)
            {
                Span<float> input = session.Input(part);
                int size = input.Length / batch;
                sample.AsSpan(start, size).CopyTo(input.Slice(i * size, size));
                Drop(input.Slice(i * size, size), dropout);
                start += size;
            }
        }
    }

    private void Drop(Span<float> values, float share)
    {
        if (share > 0)
        {
            float scale = 1 / (1 - share);
            foreach (ref float value in values)
            {
                value = _random.NextUnit() < share ? 0 : value * scale;
            }
        }
    }

    /// <summary>Adds the gradients of a part of the mini-batch up, where it has several.</summary>
    private void Collect(bool first)
    {
        for (int p = 0; p < _sums.Length && _sums[p].Length > 0; p++)
        {
            Span<float> gradient = _session.Gradient(p);
            if (first)
            {
                gradient.CopyTo(_sums[p]);
                continue;
            }
            for (int i = 0; i < gradient.Length; i++)
            {
                _sums[p][i] += gradient[i];
            }
        }
    }

    private void Apply()
    {
        float scale = ClipScale();
        float rate = _options.Optimizer.Rate * _options.Schedule.At(_epochsDone, _options.Epochs);
        _optimizer.BeginStep();
        for (int p = 0; p < _sums.Length; p++)
        {
            _optimizer.Update(p, _session.Source.Parameters[p].Variable.Variable!.Span<float>(), GradientOf(p), rate, scale);
        }
        _session.UpdateRunning();
    }

    private Span<float> GradientOf(int parameter) => _sums[parameter].Length > 0 ? _sums[parameter] : _session.Gradient(parameter);

    private float ClipScale()
    {
        if (_options.Optimizer.ClipNorm == 0)
        {
            return 1;
        }
        double squares = 0;
        for (int p = 0; p < _sums.Length; p++)
        {
            foreach (float g in GradientOf(p))
            {
                squares += (double)g * g;
            }
        }
        double norm = Math.Sqrt(squares);
        return norm > _options.Optimizer.ClipNorm ? (float)(_options.Optimizer.ClipNorm / norm) : 1;
    }
}
