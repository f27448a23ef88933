using System.Diagnostics;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Sensors;

namespace Edge.Runtime.Streaming;

/// <summary>In what state a stream's source is.</summary>
public enum SourceState
{
    Opening,
    Live,

    /// <summary>It failed, and is opened again after a while.</summary>
    Lost,

    /// <summary>A recording that is over.</summary>
    Ended,
}

/// <summary>Settings that all streams have.</summary>
public sealed record LiveOptions
{
    public required string Name { get; init; }

    /// <summary>Times real time, for recordings and synthetic sources; 0 = as fast as possible.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>First and longest pause before a lost source is opened again.</summary>
    public TimeSpan LeastBackoff { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MostBackoff { get; init; } = TimeSpan.FromSeconds(30);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// What streams have in common: a thread that keeps the source open, a thread that computes, counters, clocks for the watchdog, and
/// listeners. An exception in either thread never ends the process: the source is opened again, the piece of work is counted as failed.
/// </summary>
public abstract class LiveStream : IDisposable
{
    private readonly LiveOptions _options;
    private readonly List<IStreamListener> _listeners = [];
    private readonly ManualResetEventSlim _stop = new();
    private readonly Backoff _backoff;
    private Thread? _sourceThread;
    private Thread? _workThread;

    protected LiveStream(LiveOptions options)
    {
        _options = options;
        _backoff = new Backoff(options.LeastBackoff, options.MostBackoff);
        SourceClock = new StageClock($"{options.Name}/source");
        WorkClock = new StageClock($"{options.Name}/inference");
    }

    public string Name => _options.Name;

    public StreamCounters Counters { get; } = new();

    public StageClock SourceClock { get; }

    public StageClock WorkClock { get; }

    public SourceState State { get; private set; }

    /// <summary>Why the source is not live; null where it is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Milliseconds of inferences.</summary>
    public LatencyHistogram Inference { get; } = new();

    /// <summary>Milliseconds from taking a frame, or the sample that decided, to the result.</summary>
    public LatencyHistogram Age { get; } = new();

    /// <summary>The model; null for streams that only detect beats.</summary>
    public ModelSlot? Model { get; protected init; }

    protected double Speed => _options.Speed;

    protected bool IsStopping => _stop.IsSet;

    /// <summary>Adds a listener, before the stream starts.</summary>
    public void Listen(IStreamListener listener) => _listeners.Add(listener);

    public void Start()
    {
        if (Model is { } model)
        {
            model.Changed = text => Emit(new StreamResult { Stream = Name, Kind = "model", Text = text, Model = model.Current.Hash });
        }
        _workThread = new Thread(Work) { Name = WorkClock.Name, IsBackground = true };
        _sourceThread = new Thread(KeepSource) { Name = SourceClock.Name, IsBackground = true };
        _workThread.Start();
        _sourceThread.Start();
    }

    /// <summary>Stops the source, lets what is under way be finished, and waits for it.</summary>
    /// <returns>Whether both threads ended in the time.</returns>
    public bool Stop(TimeSpan patience)
    {
        _stop.Set();
        CloseQueue();
        long start = Stopwatch.GetTimestamp();
        bool ended = Joined(_sourceThread, patience);
        return Joined(_workThread, patience - Stopwatch.GetElapsedTime(start)) && ended;
    }

    public virtual void Dispose()
    {
        // A thread that is held up in a driver still uses both: then they are left to the end of the process.
        if (Stop(TimeSpan.FromSeconds(5)))
        {
            Model?.Dispose();
            _stop.Dispose();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the source and reads it until it ends, fails or the stream stops.</summary>
    /// <returns>Whether it is over: false = it has to be opened again.</returns>
    protected abstract bool PumpSource();

    /// <summary>Computes until the queue is closed.</summary>
    protected abstract void WorkThroughQueue();

    /// <summary>Ends the waiting at the queue between the two threads.</summary>
    protected abstract void CloseQueue();

    /// <summary>What passes while the source is away.</summary>
    protected abstract void WaitForSource(TimeSpan time);

    /// <summary>Waits, unless the stream stops.</summary>
    protected void Pause(TimeSpan time)
    {
        if (time > TimeSpan.Zero)
        {
            _stop.Wait(time);
        }
    }

    /// <summary>Says that the source gives something.</summary>
    protected void SetLive()
    {
        if (State != SourceState.Live)
        {
            State = SourceState.Live;
            Problem = null;
            _backoff.Reset();
            Emit(new StreamResult { Stream = Name, Kind = "source", Text = "live" });
        }
    }

    /// <summary>Gives a result to all listeners; number and time are filled in.</summary>
    protected void Emit(StreamResult result)
    {
        StreamResult numbered = result with { Sequence = Counters.NextResult(), Time = _options.Time.GetUtcNow() };
        foreach (IStreamListener listener in _listeners)
        {
            listener.OnResult(numbered);
        }
    }

    protected void ShowFrame(ImageFrame frame)
    {
        foreach (IStreamListener listener in _listeners)
        {
            listener.OnFrame(Name, frame);
        }
    }

    protected void ShowSamples(long position, ReadOnlySpan<float> samples)
    {
        foreach (IStreamListener listener in _listeners)
        {
            listener.OnSamples(Name, position, samples);
        }
    }

    private static bool Joined(Thread? thread, TimeSpan patience) => thread is null || !thread.IsAlive || thread.Join(patience > TimeSpan.Zero ? patience : TimeSpan.Zero);

    private void KeepSource()
    {
        while (!IsStopping)
        {
            string? problem;
            try
            {
                problem = PumpSource() ? null : "it ended";
            }
            catch (Exception exception)
            {
                problem = exception is EdgeException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}";
            }
            SourceClock.Wait();
            if (IsStopping || problem is null)
            {
                break;
            }
            State = SourceState.Lost;
            Problem = problem;
            Emit(new StreamResult { Stream = Name, Kind = "source", Text = problem });
            WaitForSource(_backoff.Next());
            Counters.AddReconnect();
        }
        if (!IsStopping)
        {
            State = SourceState.Ended;
            Emit(new StreamResult { Stream = Name, Kind = "source", Text = "ended" });
        }
        CloseQueue();
    }

    private void Work()
    {
        while (true)
        {
            try
            {
                WorkThroughQueue();
                WorkClock.Wait();
                return;
            }
            catch (Exception exception)
            {
                WorkClock.Wait();
                Counters.AddFailed();
                Emit(new StreamResult { Stream = Name, Kind = "source", Text = $"a piece of work failed: {exception.Message}" });
            }
        }
    }
}
