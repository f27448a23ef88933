using Edge.Runtime.Diagnostics;
using Edge.Runtime.Format;

namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Makes a model's input windows from a stream of samples, as the model's <see cref="SignalPreprocessing"/> says: filters at the
/// source's rate, resampling to the model's, windows by hop or around beats, standardization. Windows around beats are moved by
/// the delay that the causal filters have for a QRS complex. Windows with missing samples are reported as such. Allocates nothing per sample.
/// </summary>
public sealed class EcgPreprocessor
{
    /// <summary>Beats may be reported this many seconds after their R peak.</summary>
    private const double Lateness = 1.5;

    /// <summary>Where the energy of a QRS complex lies, in Hz: by the filters' delay there windows are moved.</summary>
    private const double QrsFrequency = 10;

    private readonly SignalPreprocessing _spec;
    private readonly IirFilter _filter;
    private readonly RationalResampler? _resampler;
    private readonly BeatSegmenter? _beats;
    private readonly WindowSegmenter? _windows;
    private readonly int _filterDelay;
    private readonly double _rateRatio;
    private readonly float[] _resampled;
    private readonly float[] _window;
    private SignalWindow _cut;
    private bool _isWaiting;

    /// <param name="sampleRate">Of the samples that come in.</param>
    /// <exception cref="EdgeException">The description does not fit the rate.</exception>
    public EcgPreprocessor(SignalPreprocessing spec, double sampleRate)
    {
        Validate(spec);
        _spec = spec;
        _filter = IirFilter.ForEcg(sampleRate, spec.HighPass, spec.LowPass, spec.Notch);
        _filterDelay = spec.BeforeBeat is null ? 0 : (int)Math.Round(_filter.GroupDelay(QrsFrequency, sampleRate));
        _rateRatio = sampleRate / spec.SampleRate;
        _resampler = sampleRate == spec.SampleRate ? null : new RationalResampler(sampleRate, spec.SampleRate);
        _resampled = new float[_resampler?.MostOutputs(1) ?? 1];
        _window = new float[spec.Window];
        if (spec.BeforeBeat is { } before)
        {
            _beats = new BeatSegmenter(spec.Window, before, (int)(Lateness * spec.SampleRate) + (_resampler?.MostOutputs(_resampler.Delay) ?? 0));
        }
        else
        {
            if (spec.Hop < _resampled.Length)
            {
                throw new EdgeException(EdgeError.BadSignal, $"a hop of {spec.Hop} samples is shorter than one sample of {sampleRate} Hz", "use a faster source, or a longer hop");
            }
            _windows = new WindowSegmenter(spec.Window, spec.Hop);
        }
    }

    /// <summary>Whether windows are cut around beats: <see cref="AddBeat"/> has to be called.</summary>
    public bool NeedsBeats => _beats is not null;

    /// <summary>Samples of a window.</summary>
    public int Window => _spec.Window;

    /// <summary>Refuses windows, hops, rates and frequencies out of range.</summary>
    public static void Validate(SignalPreprocessing spec)
    {
        Require(spec.Window is > 0 and <= Limits.MaxSamples, $"window is {spec.Window}, expected 1 to {Limits.MaxSamples} samples");
        Require(spec.Hop is > 0 and <= Limits.MaxSamples, $"hop is {spec.Hop}, expected 1 to {Limits.MaxSamples} samples");
        Require(spec.BeforeBeat is null || (spec.BeforeBeat >= 0 && spec.BeforeBeat < spec.Window), $"before_beat is {spec.BeforeBeat}, expected 0 to less than the window of {spec.Window}");
        Require(float.IsFinite(spec.SampleRate) && spec.SampleRate > 0, $"sample_rate is {spec.SampleRate}, expected more than 0");
        foreach ((string name, float hertz) in new[] { ("high_pass", spec.HighPass), ("low_pass", spec.LowPass), ("notch", spec.Notch) })
        {
            Require(hertz >= 0 && hertz < spec.SampleRate / 2, $"{name} is {hertz} Hz, expected 0 (off) to less than half the sample rate");
        }
    }

    /// <summary>Takes the next sample, in the unit that the model was trained with; NaN where there is none. Read windows after each.</summary>
    public void AddSample(float sample)
    {
        float filtered = _filter.Next(sample);
        if (_resampler is null)
        {
            Cut(filtered);
            return;
        }
        int count = _resampler.Process([filtered], _resampled);
        for (int i = 0; i < count; i++)
        {
            Cut(_resampled[i]);
        }
    }

    /// <summary>Tells of a beat.</summary>
    /// <param name="sample">Its R peak, in samples that came in.</param>
    public void AddBeat(long sample)
    {
        long filtered = sample + _filterDelay;
        _beats?.AddBeat(_resampler?.ToOutput(filtered) ?? filtered);
    }

    /// <summary>The sample that came in to which an anchor of <see cref="TryRead"/> belongs.</summary>
    public long ToInput(long anchor) => (long)Math.Round(anchor * _rateRatio) - _filterDelay;

    /// <summary>Takes out the next window.</summary>
    /// <param name="window">Gets the values; NaN where samples are missing, of windows by hop.</param>
    /// <param name="cut">Anchor in samples of the model's rate.</param>
    public bool TryRead(Span<float> window, out SignalWindow cut)
    {
        if (_beats is not null)
        {
            if (!_beats.TryRead(window, out cut))
            {
                return false;
            }
        }
        else if (_isWaiting)
        {
            cut = _cut;
            _window.CopyTo(window);
            _isWaiting = false;
        }
        else
        {
            cut = default;
            return false;
        }
        if (cut.IsWhole && _spec.Standardize)
        {
            Standardize(window[.._spec.Window]);
        }
        return true;
    }

    /// <summary>Shifts and scales to mean 0 and standard deviation 1 (n); a constant becomes 0.</summary>
    public static void Standardize(Span<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }
        double mean = sum / values.Length;
        double squares = 0;
        foreach (float value in values)
        {
            squares += (value - mean) * (value - mean);
        }
        double scale = squares > 0 ? 1 / Math.Sqrt(squares / values.Length) : 0;
        foreach (ref float value in values)
        {
            value = (float)((value - mean) * scale);
        }
    }

    private void Cut(float sample)
    {
        if (_beats is not null)
        {
            _beats.AddSample(sample);
        }
        else if (_windows!.Next(sample, _window, out SignalWindow cut))
        {
            _cut = cut;
            _isWaiting = true;
        }
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new EdgeException(EdgeError.BadInputFile, $"the preprocessing is not valid: {problem}", "correct the --preprocess file");
        }
    }
}
