using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Runtime.Streaming;

/// <summary>
/// The model of a stream, which can be replaced while the stream runs. A new one is loaded and checked on the caller's thread, and
/// takes over between two inferences. While it is on probation the old one is kept: after a NaN, an error, or an inference that
/// takes ten times as long as the old model's, the old one is back at the next inference.
/// </summary>
public sealed class ModelSlot : IDisposable
{
    /// <summary>Inferences for which the old model is kept.</summary>
    public const int Probation = 50;

    private const double Slowest = 10;

    /// <summary>Times below this are never too slow: they say more about the machine than about the model.</summary>
    private const double LeastMs = 5;

    private readonly object _lock = new();
    private readonly int _threads;
    private readonly ReadOptions? _options;
    private readonly Action<ModelInstance> _check;
    private ModelInstance _current;
    private ModelInstance? _pending;
    private ModelInstance? _old;
    private int _probation;

    /// <param name="check">Refuses models that do not fit the stream, by an exception.</param>
    /// <exception cref="EdgeException">The first model is not valid, or does not fit.</exception>
    public ModelSlot(string path, int threads, Action<ModelInstance> check, ReadOptions? options = null)
    {
        _threads = threads;
        _options = options;
        _check = check;
        _current = Load(path);
    }

    /// <summary>Told, on the inference thread, what happened to the models: <c>swapped to ...</c>, <c>rolled back to ...: NaN</c>.</summary>
    public Action<string>? Changed { get; set; }

    /// <summary>Works between inferences; set before the stream starts.</summary>
    public IInferenceFollower? Follower { get; set; }

    /// <summary>Models that were refused or rolled back.</summary>
    public long Rejected { get; private set; }

    /// <summary>The model that computes now.</summary>
    public ModelInstance Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Offers a new model; it takes over before the next inference.</summary>
    /// <exception cref="EdgeException">It is not valid, its golden samples differ, or it does not fit the stream: the old one stays.</exception>
    public ModelInstance Offer(string path)
    {
        ModelInstance candidate;
        try
        {
            candidate = Load(path);
        }
        catch (EdgeException)
        {
            Rejected++;
            throw;
        }
        lock (_lock)
        {
            _pending?.Dispose();
            _pending = candidate;
        }
        return candidate;
    }

    /// <summary>The model for the next inference. Only the inference thread calls this.</summary>
    public ModelInstance Acquire()
    {
        string? change = null;
        lock (_lock)
        {
            if (_pending is { } next)
            {
                change = $"swapped from {_current.Hash} to {next.Hash}";
                _old?.Dispose();
                _old = _current;
                _current = next;
                _pending = null;
                _probation = Probation;
            }
        }
        if (change is not null)
        {
            Changed?.Invoke(change);
        }
        return Current;
    }

    /// <summary>Says how the inference went that <see cref="Acquire"/> gave the model for.</summary>
    /// <param name="problem">What went wrong; null where nothing did.</param>
    /// <returns>Whether the result may be used.</returns>
    public bool Report(double milliseconds, string? problem)
    {
        ModelInstance? removed = null;
        lock (_lock)
        {
            if (_old is { } old)
            {
                double limit = Math.Max(LeastMs, Slowest * old.MedianMs);
                problem ??= old.MedianMs > 0 && milliseconds > limit && _current.MedianMs > limit ? $"{milliseconds:0.0} ms, the old model took {old.MedianMs:0.0} ms" : null;
                if (problem is not null)
                {
                    removed = _current;
                    _current = old;
                    _old = null;
                    Rejected++;
                }
                else if (--_probation <= 0)
                {
                    old.Dispose();
                    _old = null;
                }
            }
        }
        if (removed is not null)
        {
            Changed?.Invoke($"rolled back from {removed.Hash} to {Current.Hash}: {problem}");
            removed.Dispose();
        }
        return problem is null;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _pending?.Dispose();
            _old?.Dispose();
            _current.Dispose();
            (_pending, _old) = (null, null);
        }
    }

    private ModelInstance Load(string path)
    {
        ModelInstance instance = ModelInstance.Load(path, _threads, _options);
        try
        {
            _check(instance);
            return instance;
        }
        catch
        {
            instance.Dispose();
            throw;
        }
    }
}
