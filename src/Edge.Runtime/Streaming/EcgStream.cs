using System.Diagnostics;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Runtime.Streaming;

/// <summary>What an ECG's stream does with its samples.</summary>
public sealed record EcgOptions
{
    public required LiveOptions Live { get; init; }

    /// <summary>Opens the source.</summary>
    public required Func<ISignalSource> Open { get; init; }

    /// <summary>The channel that is looked at.</summary>
    public int Channel { get; init; }

    /// <summary>A model with signal preprocessing, for beats or windows; null = beats are only detected.</summary>
    public string? Model { get; init; }

    public int Top { get; init; } = 1;

    public IReadOnlyList<EventRule> Events { get; init; } = [];

    /// <summary>Whether a model on windows that overlap computes only what is new.</summary>
    public HopUse Hops { get; init; }

    public SignalQualityLimits? Quality { get; init; }

    /// <summary>Seconds of samples that can wait to be looked at.</summary>
    public double Buffer { get; init; } = 30;

    public ReadOptions? Read { get; init; }
}

/// <summary>
/// An ECG: beats, heart rate and its variability, signal quality, and a model's opinion on each beat or window. No sample is lost on
/// the way from source to detector; what the source loses, and the time in which it is away, are missing samples. One thread of its
/// own computes, so that cameras cannot hold it up.
/// </summary>
public sealed class EcgStream : LiveStream
{
    /// <summary>Chunks per second of real time.</summary>
    private const int ChunksPerSecond = 50;

    /// <summary>Longest time away that is filled with missing samples: after it the detector has forgotten everything anyway.</summary>
    private const double LongestFilled = 30;

    private const int RhythmEvery = 10;

    private readonly EcgOptions _options;
    private readonly ISignalSource _first;
    private readonly SampleRing _ring;
    private readonly QrsDetector _detector;
    private readonly SignalQualityMonitor _quality;
    private readonly RrStatistics _statistics;
    private readonly WindowModel? _model;
    private readonly Debouncer[] _events;
    private ISignalSource? _unused;
    private volatile bool _leadOff;
    private long? _lastBeat;
    private long _position;
    private int _beats;

    /// <summary>Opens the source once, because its rate has to be known.</summary>
    /// <exception cref="EdgeException">The source cannot be opened, or the model is not valid or does not fit.</exception>
    public EcgStream(EcgOptions options)
        : base(options.Live)
    {
        _options = options;
        _first = options.Open();
        _unused = _first;
        try
        {
            if (options.Channel < 0 || options.Channel >= _first.Channels.Count)
            {
                throw new EdgeException(EdgeError.BadConfiguration, $"the channel is {options.Channel}, the source has 0 to {_first.Channels.Count - 1}", "correct 'channel'", options.Live.Name);
            }
            SampleRate = _first.SampleRate;
            _ring = new SampleRing((int)Math.Ceiling(options.Buffer * SampleRate));
            _detector = new QrsDetector(SampleRate);
            _quality = new SignalQualityMonitor(SampleRate, options.Quality);
            _statistics = new RrStatistics(SampleRate);
            _events = [.. options.Events.Select(e => new Debouncer(e))];
            if (options.Model is { } path)
            {
                Model = new ModelSlot(path, 1, Check, options.Read);
                _model = new WindowModel(Model.Current, SampleRate, options.Hops);
            }
        }
        catch
        {
            _first.Dispose();
            throw;
        }
    }

    public double SampleRate { get; }

    /// <summary>Samples that were dropped because the detector was too slow for too long.</summary>
    public long Dropped => _ring.Dropped;

    /// <summary>Seconds from an R peak to its beat, by the detector's design.</summary>
    public double DetectorSeconds => _detector.Latency / SampleRate;

    /// <summary>Signal quality after the last sample that was looked at.</summary>
    public SignalQuality Quality => _quality.Current;

    /// <summary>Beats per minute; null where there is no pulse to be seen.</summary>
    public double? HeartRate { get; private set; }

    public override void Dispose()
    {
        base.Dispose();
        Interlocked.Exchange(ref _unused, null)?.Dispose();
    }

    protected override bool PumpSource()
    {
        using ISignalSource source = Interlocked.Exchange(ref _unused, null) ?? _options.Open();
        if (source.SampleRate != SampleRate)
        {
            throw SourceErrors.Failed(Name, $"the source now has {source.SampleRate} Hz, it had {SampleRate} Hz", "start the daemon again");
        }
        bool isLive = source is ILiveSignal;
        int channels = source.Channels.Count;
        double perSecond = isLive ? SampleRate : Speed > 0 ? SampleRate * Speed : 1e6;
        var pace = new Pace(isLive || Speed == 0 ? 0 : perSecond);
        int chunk = (int)Math.Clamp(perSecond / ChunksPerSecond, 1, 1 << 14);
        var frames = new float[chunk * channels];
        var samples = new float[chunk];
        float millivolts = source.Channels[_options.Channel].Millivolts ?? 1;
        while (!IsStopping)
        {
            SourceClock.Begin();
            int count = source.Read(frames);
            SourceClock.Wait();
            if (count == 0)
            {
                return true;
            }
            SetLive();
            for (int i = 0; i < count; i++)
            {
                float value = frames[(i * channels) + _options.Channel] * millivolts;
                samples[i] = float.IsFinite(value) ? value : float.NaN;
            }
            Pause(pace.Next(count));
            _leadOff = source is ILeadSensing { LeadOff: true };
            Counters.AddProduced(count);
            _ring.Write(samples.AsSpan(0, count), mayWait: !isLive);
        }
        return true;
    }

    protected override void WorkThroughQueue()
    {
        var chunk = new float[1024];
        int count;
        while ((count = _ring.Read(chunk, out long written)) > 0)
        {
            WorkClock.Begin();
            Span<float> samples = chunk.AsSpan(0, count);
            ShowSamples(_position, samples);
            _quality.SetLeadOff(_leadOff);
            foreach (float sample in samples)
            {
                Next(sample, written);
            }
            HeartRate = _statistics.HeartRate(_position);
            Counters.AddProcessed(count);
            WorkClock.Wait();
        }
    }

    protected override void CloseQueue() => _ring.Close();

    /// <summary>The time in which the source is away passes as missing samples, while it passes.</summary>
    protected override void WaitForSource(TimeSpan time)
    {
        const double Step = 0.1;
        var missing = new float[(int)Math.Max(1, SampleRate * Step)];
        missing.AsSpan().Fill(float.NaN);
        double limit = Math.Min(time.TotalSeconds, LongestFilled);
        long start = Stopwatch.GetTimestamp();
        for (double passed = Step; passed <= limit && !IsStopping; passed += Step)
        {
            Pause(TimeSpan.FromSeconds(passed) - Stopwatch.GetElapsedTime(start));
            Counters.AddProduced(missing.Length);
            _ring.Write(missing, mayWait: false);
        }
        Pause(time - Stopwatch.GetElapsedTime(start));
    }

    private void Next(float sample, long written)
    {
        if (float.IsNaN(sample))
        {
            Counters.AddMissing(1);
            _statistics.AddGap();
            _lastBeat = null;
        }
        if (_quality.Next(sample))
        {
            Emit(new StreamResult { Stream = Name, Kind = "quality", Position = _position, Quality = QualityWords.Of(_quality.Current) });
        }
        _model?.AddSample(sample);
        if (_detector.Next(sample, out QrsBeat beat))
        {
            Report(beat, written);
        }
        _position++;
        if (_model is not null)
        {
            Classify(written);
        }
    }

    private void Report(QrsBeat beat, long written)
    {
        _model?.AddBeat(beat.Sample);
        double? interval = _lastBeat is { } last ? (beat.Sample - last) / SampleRate : null;
        _lastBeat = beat.Sample;
        _statistics.AddBeat(beat.Sample);
        double age = Stopwatch.GetElapsedTime(written).TotalMilliseconds;
        Age.Add(age);
        Emit(new StreamResult
        {
            Stream = Name,
            Kind = "beat",
            Position = beat.Sample,
            AgeMs = age,
            Beat = new BeatReport(beat.Sample, beat.Deflection, interval, _statistics.HeartRate(_position)),
        });
        if (++_beats % RhythmEvery == 0)
        {
            HeartRateVariability summary = _statistics.Summary();
            Emit(new StreamResult
            {
                Stream = Name,
                Kind = "rhythm",
                Position = beat.Sample,
                Rhythm = new RhythmReport(summary.Intervals, Known(summary.MeanHeartRate), Known(summary.Sdnn), Known(summary.Rmssd), Known(summary.Pnn50)),
            });
        }
    }

    private void Classify(long written)
    {
        _model!.Use(Model!.Acquire());
        while (_model.TryRead(out long anchor, out bool isWhole))
        {
            if (!isWhole)
            {
                continue;
            }
            (double milliseconds, string? problem) = _model.Run();
            Inference.Add(milliseconds);
            if (!Model.Report(milliseconds, problem))
            {
                Counters.AddFailed();
                continue;
            }
            var result = new StreamResult
            {
                Stream = Name,
                Kind = "classes",
                Position = anchor,
                Model = _model.Instance.Hash,
                InferenceMs = milliseconds,
                AgeMs = Stopwatch.GetElapsedTime(written).TotalMilliseconds,
                Classes = _model.Classes(_options.Top),
            };
            Emit(result);
            foreach (Debouncer debouncer in _events)
            {
                float score = debouncer.ScoreIn(result);
                if (debouncer.Next(score))
                {
                    Emit(new StreamResult { Stream = Name, Kind = "event", Position = anchor, Model = result.Model, Event = new EventReport(debouncer.Rule.Name, debouncer.IsActive, score) });
                }
            }
            Model.Follower?.AfterInference(_model.Input);
        }
    }

    /// <summary>A model has to fit the stream, and one that replaces another has to cut the same windows.</summary>
    private void Check(ModelInstance instance)
    {
        _ = new WindowModel(instance, SampleRate, _options.Hops);
        if (_model is { } model && instance.Model.Signal != model.Instance.Model.Signal)
        {
            throw new EdgeException(EdgeError.ModelRefused, "the model's signal preprocessing is another one than that of the model it is to replace", "change the configuration and reload it", instance.Path);
        }
    }

    private static double? Known(double value) => double.IsFinite(value) ? value : null;
}
