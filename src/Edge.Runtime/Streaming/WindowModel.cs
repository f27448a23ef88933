using Edge.Runtime.Diagnostics;
using Edge.Runtime.Signals.Ecg;

namespace Edge.Runtime.Streaming;

/// <summary>A model with its signal preprocessing, for samples as they come.</summary>
internal sealed class WindowModel
{
    private readonly EcgPreprocessor _preprocessor;
    private readonly float[] _window;

    /// <exception cref="EdgeException">The model carries no signal preprocessing, or its input does not fit.</exception>
    /// <param name="hops">Whether windows that overlap are computed by hops; standardized windows and beats never are.</param>
    public WindowModel(ModelInstance instance, double sampleRate, HopUse hops)
    {
        if (instance.Model.Signal is not { } signal)
        {
            throw new EdgeException(EdgeError.ModelRefused, "the model carries no signal preprocessing", "convert it with --preprocess", instance.Path);
        }
        _preprocessor = new EcgPreprocessor(signal, sampleRate);
        long expected = instance.Input.Info.KnownShape.Count;
        if (expected != signal.Window)
        {
            throw new EdgeException(EdgeError.ModelRefused, $"the model's input {instance.Input.Info} has {expected} elements, its window {signal.Window} samples", "convert it with a --preprocess file that fits its input", instance.Path);
        }
        if (signal is { BeforeBeat: null, Standardize: false } && signal.Hop < signal.Window)
        {
            instance.PrepareHops(signal.Hop, hops);
        }
        Instance = instance;
        _window = new float[signal.Window];
    }

    public ModelInstance Instance { get; private set; }

    /// <summary>The window that was read last.</summary>
    public ReadOnlySpan<float> Input => _window;

    public void AddSample(float sample) => _preprocessor.AddSample(sample);

    public void AddBeat(long sample)
    {
        if (_preprocessor.NeedsBeats)
        {
            _preprocessor.AddBeat(sample);
        }
    }

    /// <summary>Computes with another model from here on, whose preprocessing is the same.</summary>
    public void Use(ModelInstance instance)
    {
        if (Instance != instance)
        {
            instance.Hops?.Reset(); // one that is back after a roll-back has missed windows
            Instance = instance;
        }
    }

    /// <summary>Takes out the next window.</summary>
    /// <param name="anchor">Its first sample, or the R peak, in samples of the stream.</param>
    public bool TryRead(out long anchor, out bool isWhole)
    {
        bool found = _preprocessor.TryRead(_window, out SignalWindow cut);
        (anchor, isWhole) = (found ? _preprocessor.ToInput(cut.Anchor) : 0, cut.IsWhole);
        if (found && !isWhole)
        {
            Instance.Skip(_window);
        }
        return found;
    }

    /// <summary>Runs the model on the window that was read.</summary>
    public (double Milliseconds, string? Problem) Run()
    {
        try
        {
            double milliseconds = Instance.RunNext(_window);
            return (milliseconds, Instance.IsFinite() ? null : "NaN or infinity in the outputs");
        }
        catch (EdgeException exception)
        {
            return (0, exception.Message);
        }
    }

    public ClassScore[] Classes(int count) => TopScores.Find(Instance.Output(0), Instance.Model.Labels, count);
}
