using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Streaming;
using Edge.Runtime.Training;
using Edge.Serve.Configuration;

namespace Edge.Serve.Hosting;

/// <summary>
/// Lets a stream's model learn from labels that come in while the stream runs. Between two inferences it takes one sample or one
/// training step, never more; judging and writing the model happen on the caller's thread, and inferences do not wait for them.
/// </summary>
internal sealed class StreamLearner : IInferenceFollower, IDisposable
{
    private readonly object _lock = new();
    private readonly LearningConfig _config;
    private readonly string _path;
    private readonly ModelSlot _slot;
    private readonly ModelStore _store;
    private readonly float[] _last;
    private readonly HashSet<string> _hashes = [];
    private OnlineLearner _learner;
    private bool _hasLast;
    private int _label;
    private int _wanted;
    private int _due;
    private string? _problem;

    /// <param name="path">The stream's model, which a commit replaces.</param>
    /// <param name="slot">Gets this learner as its follower.</param>
    /// <exception cref="EdgeException">The model's layers cannot be trained, or not within the memory.</exception>
    public StreamLearner(LearningConfig config, string path, ModelSlot slot)
    {
        _config = config;
        _path = path;
        _slot = slot;
        _store = new ModelStore(path);
        _learner = Create();
        _last = new float[slot.Current.Input.Info.KnownShape.Count];
        _hashes.Add(slot.Current.Hash);
        slot.Follower = this;
    }

    /// <summary>What was learned so far, in words.</summary>
    public string Summary
    {
        get
        {
            lock (_lock)
            {
                string problem = _problem is null ? "" : $"; {_problem}";
                return FormattableString.Invariant(
                    $"{_learner.Count} samples to learn from, {_learner.HoldoutCount} to judge by; {_wanted} samples and {_due} steps are waiting; the longest step took {_learner.LongestStep.TotalMilliseconds:F1} ms{problem}");
            }
        }
    }

    /// <summary>One sample or one step. While the model is judged or written nothing is done: inferences never wait for that.</summary>
    public void AfterInference(ReadOnlySpan<float> input)
    {
        if (!Monitor.TryEnter(_lock))
        {
            return;
        }
        try
        {
            Advance(_hasLast ? _last : input);
            input.CopyTo(_last);
            _hasLast = true;
        }
        catch (EdgeException exception)
        {
            (_problem, _wanted, _due) = (exception.Message, 0, 0);
        }
        finally
        {
            Monitor.Exit(_lock);
        }
    }

    /// <summary>Says what the model's last input was, and the next ones are.</summary>
    /// <param name="label">A label of the model, or the index of a class.</param>
    /// <param name="count">Inputs that it belongs to: the last one and those that follow.</param>
    /// <exception cref="EdgeException">The model has no such class.</exception>
    public string Label(string label, int count)
    {
        IReadOnlyList<string> labels = _slot.Current.Model.Labels;
        int index = Enumerable.Range(0, labels.Count).FirstOrDefault(i => labels[i] == label, -1);
        if (index < 0 && !(int.TryParse(label, out index) && index >= 0 && index < _learner.Classes))
        {
            throw new EdgeException(EdgeError.BadTrainingData, $"the model has no class '{label}'", $"choose one of {string.Join(", ", labels)}");
        }
        lock (_lock)
        {
            (_label, _wanted, _problem) = (index, count, null);
        }
        return Summary;
    }

    /// <summary>Puts what was learned in use, if it is not worse on the samples held out; the model before is kept for <see cref="Undo"/>.</summary>
    /// <exception cref="EdgeException">It is worse (EC7003), the stream has another model by now, or the file cannot be written: the old model stays.</exception>
    public string Commit()
    {
        lock (_lock)
        {
            RequireOwnModel();
            if (!_learner.TryCommit(out ModelFile? model, out string reason))
            {
                throw new EdgeException(EdgeError.NotBetter, $"{reason}; the model is left as it is", "give more samples", _path);
            }
            _store.Commit(EdgeWriter.WriteToArray(model!), $"learned from {_learner.Count} samples");
            return $"{Offer()}: {reason}";
        }
    }

    /// <summary>Forgets what was learned since the last commit; samples stay.</summary>
    public string Forget()
    {
        lock (_lock)
        {
            _learner.Rollback();
            (_wanted, _due, _problem) = (0, 0, null);
        }
        return Summary;
    }

    /// <summary>Puts the model before the last commit back in use, and forgets all samples.</summary>
    /// <exception cref="EdgeException">There is none, or the stream has another model by now.</exception>
    public string Undo()
    {
        lock (_lock)
        {
            RequireOwnModel();
            _store.Undo();
            string hash = Offer();
            _learner.Dispose();
            _learner = Create();
            (_wanted, _due, _problem) = (0, 0, null);
            return hash;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _learner.Dispose();
        }
    }

    private OnlineLearner Create() => new(EdgeReader.Read(_path), new OnlineLearnerOptions
    {
        Layers = _config.Layers,
        SamplesPerClass = _config.SamplesPerClass,
        HoldoutEvery = _config.HoldoutEvery,
        MaxBytes = _config.MostBytes,
        Trainer = new TrainerOptions { BatchSize = _config.Batch, Optimizer = new OptimizerOptions { Rate = _config.Rate } },
    });

    private void Advance(ReadOnlySpan<float> sample)
    {
        if (_wanted > 0)
        {
            _learner.AddSample(sample, _label);
            _wanted--;
            _due += _config.StepsPerSample;
        }
        else if (_due > 0)
        {
            _due = _learner.Step(TimeSpan.Zero) == 0 ? 0 : _due - 1;
        }
    }

    private string Offer()
    {
        string hash = _slot.Offer(_path).Hash;
        _hashes.Add(hash);
        return hash;
    }

    private void RequireOwnModel()
    {
        if (!_hashes.Contains(_slot.Current.Hash))
        {
            throw new EdgeException(EdgeError.ModelRefused, $"the stream computes with another model ({_slot.Current.Hash}) than the one that learns", "reload the configuration", _path);
        }
    }
}
