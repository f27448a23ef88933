using System.Diagnostics;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;
using Edge.Runtime.Sensors;
using Edge.Runtime.Signals;

namespace Edge.Runtime.Streaming;

/// <summary>What a camera's stream does with its frames.</summary>
public sealed record CameraOptions
{
    public required LiveOptions Live { get; init; }

    /// <summary>Opens the camera.</summary>
    public required Func<IImageSource> Open { get; init; }

    public required IImageCodec Codec { get; init; }

    /// <summary>The model's file; it carries its image preprocessing. Null = frames are only shown.</summary>
    public string? Model { get; init; }

    public int Threads { get; init; }

    /// <summary>How to read the model's outputs as boxes; null = as classes.</summary>
    public BoxRules? Boxes { get; init; }

    /// <summary>Most classes of a result, and the least probability of each.</summary>
    public int Top { get; init; } = 5;

    public float LeastProbability { get; init; }

    /// <summary>A second model that classifies each box.</summary>
    public string? Cascade { get; init; }

    /// <summary>Boxes of a frame that the second model looks at, the best ones.</summary>
    public int MostCascaded { get; init; } = 8;

    public IReadOnlyList<EventRule> Events { get; init; } = [];

    public ReadOptions? Read { get; init; }
}

/// <summary>
/// A camera, a model and what it sees: the newest frame wins, every frame is counted once as processed, skipped or failed. Frames are
/// decoded and brought into the model's input on the inference thread, so that frames that nobody uses cost nothing.
/// </summary>
public sealed class CameraStream : LiveStream
{
    private readonly CameraOptions _options;
    private readonly FrameSlot _slot = new();
    private readonly ImageFrame _decoded = new();
    private readonly ModelSlot? _cascade;
    private readonly Debouncer[] _events;
    private ImageModel? _first;
    private ImageModel? _second;

    /// <exception cref="EdgeException">A model is not valid, or does not fit the stream.</exception>
    public CameraStream(CameraOptions options)
        : base(options.Live)
    {
        _options = options;
        _events = [.. options.Events.Select(e => new Debouncer(e))];
        if (options.Model is { } path)
        {
            Model = new ModelSlot(path, options.Threads, m => _ = new ImageModel(m, options.Boxes), options.Read);
        }
        if (options.Cascade is { } second)
        {
            try
            {
                _cascade = new ModelSlot(second, options.Threads, m => _ = new ImageModel(m, null), options.Read);
            }
            catch
            {
                Model?.Dispose();
                throw;
            }
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _cascade?.Dispose();
    }

    protected override bool PumpSource()
    {
        using IImageSource source = _options.Open();
        var frame = new ImageFrame();
        var pace = new Pace(source.Rate is { } rate && Speed > 0 ? rate * Speed : 0);
        while (!IsStopping)
        {
            Pause(pace.Next(1));
            SourceClock.Begin();
            if (!source.Read(frame))
            {
                return true;
            }
            SourceClock.Wait();
            SetLive();
            Counters.AddProduced(1);
            if (_slot.Publish(ref frame))
            {
                Counters.AddSkipped();
            }
        }
        return true;
    }

    protected override void WorkThroughQueue()
    {
        var frame = new ImageFrame();
        while (_slot.Take(ref frame))
        {
            WorkClock.Begin();
            ImageFrame? pixels = Decode(frame);
            if (pixels is null)
            {
                Counters.AddFailed();
            }
            else
            {
                ShowFrame(pixels);
                if (Model is null || Look(Model.Acquire(), pixels))
                {
                    Counters.AddProcessed(1);
                }
                else
                {
                    Counters.AddFailed();
                }
            }
            WorkClock.Wait();
        }
    }

    protected override void CloseQueue() => _slot.Close();

    protected override void WaitForSource(TimeSpan time) => Pause(time);

    private ImageFrame? Decode(ImageFrame frame)
    {
        if (frame.Format != FrameFormat.Jpeg)
        {
            return frame;
        }
        if (!_options.Codec.TryDecode(frame.Bytes, _decoded))
        {
            return null;
        }
        (_decoded.Sequence, _decoded.Timestamp) = (frame.Sequence, frame.Timestamp);
        return _decoded;
    }

    /// <summary>One inference and what follows from it.</summary>
    private bool Look(ModelInstance instance, ImageFrame frame)
    {
        if (_first?.Instance != instance)
        {
            _first = new ImageModel(instance, _options.Boxes);
        }
        (double milliseconds, string? problem) = _first.Run(frame, new PixelRegion(0, 0, frame.Width, frame.Height));
        Inference.Add(milliseconds);
        if (!Model!.Report(milliseconds, problem))
        {
            return false;
        }
        FoundBox[]? boxes = _options.Boxes is null ? null : Cascade(frame, _first.Boxes());
        double age = Stopwatch.GetElapsedTime(frame.Timestamp).TotalMilliseconds;
        Age.Add(age);
        var result = new StreamResult
        {
            Stream = Name,
            Kind = boxes is null ? "classes" : "boxes",
            Position = frame.Sequence,
            Model = instance.Hash,
            InferenceMs = milliseconds,
            AgeMs = age,
            Boxes = boxes,
            Classes = boxes is null ? _first.Classes(_options.Top, _options.LeastProbability) : null,
        };
        Emit(result);
        foreach (Debouncer debouncer in _events)
        {
            float score = debouncer.ScoreIn(result);
            if (debouncer.Next(score))
            {
                Emit(new StreamResult { Stream = Name, Kind = "event", Position = frame.Sequence, Model = instance.Hash, Event = new EventReport(debouncer.Rule.Name, debouncer.IsActive, score) });
            }
        }
        Model.Follower?.AfterInference(_first.Input);
        return true;
    }

    /// <summary>Lets the second model look at the best boxes.</summary>
    private FoundBox[] Cascade(ImageFrame frame, FoundBox[] boxes)
    {
        if (_cascade is null)
        {
            return boxes;
        }
        ModelInstance instance = _cascade.Acquire();
        if (_second?.Instance != instance)
        {
            _second = new ImageModel(instance, null);
        }
        for (int i = 0; i < Math.Min(boxes.Length, _options.MostCascaded); i++)
        {
            FoundBox box = boxes[i];
            PixelRegion region = PixelRegion.Inside(box.Left, box.Top, box.Right, box.Bottom, frame.Width, frame.Height);
            (double milliseconds, string? problem) = _second.Run(frame, region);
            if (_cascade.Report(milliseconds, problem))
            {
                boxes[i] = box with { Classes = _second.Classes(_options.Top, _options.LeastProbability) };
            }
        }
        return boxes;
    }
}
