using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Signals.Ecg;

/// <summary>A heart beat.</summary>
/// <param name="Sample">Its R peak, counted from the first sample of the stream.</param>
/// <param name="Deflection">Of the R peak from the mean of the 0.4 s around it, in mV; negative where the peak points down.</param>
public readonly record struct QrsBeat(long Sample, float Deflection);

/// <summary>
/// Finds heart beats in a single-lead ECG while it streams in: one sample in, at most one beat out, always
/// <see cref="Latency"/> samples (0.7 s) after its R peak. Works on raw samples; no filter is needed before it. Candidates are
/// waves with the energy of a QRS complex (<see cref="QrsCandidateFinder"/>), the best sequence of them are the beats
/// (<see cref="QrsDecoder"/>), and each gets the sample of its largest deflection (<see cref="RPeakLocator"/>).
/// Missing samples (NaN) up to 20 ms are bridged; around longer gaps there are no beats. Allocates nothing per sample.
/// </summary>
public sealed class QrsDetector
{
    public const double LeastSampleRate = 100;
    public const double MostSampleRate = 10_000;

    /// <summary>Missing samples are interpolated up to this many seconds.</summary>
    private const double LongestBridge = 0.02;

    /// <summary>More beats are never waiting: the refractory time keeps them apart.</summary>
    private const int MostQueued = 16;

    /// <summary>R peaks of different waves are at least so many seconds apart.</summary>
    private readonly double _closest;

    private readonly GapBridge _bridge;
    private readonly QrsCandidateFinder _finder;
    private readonly QrsDecoder _decoder;
    private readonly RPeakLocator _locator;
    private readonly SampleHistory _samples;
    private readonly int[] _missing;
    private readonly QrsBeat[] _queue = new QrsBeat[MostQueued];
    private int _queued;
    private int _missingCount;
    private float _held;

    /// <param name="sampleRate">Samples per second, <see cref="LeastSampleRate"/> to <see cref="MostSampleRate"/>.</param>
    /// <exception cref="EdgeException">The rate is out of range.</exception>
    public QrsDetector(double sampleRate)
        : this(sampleRate, QrsSettings.Default)
    {
    }

    internal QrsDetector(double sampleRate, QrsSettings settings)
    {
        if (!(sampleRate >= LeastSampleRate && sampleRate <= MostSampleRate))
        {
            throw new EdgeException(EdgeError.BadSignal, $"the sample rate is {sampleRate} Hz, QRS detection needs {LeastSampleRate} to {MostSampleRate} Hz", "resample the signal");
        }
        SampleRate = sampleRate;
        _closest = settings.Refractory - RPeakLocator.Spread;
        _bridge = new GapBridge((int)Math.Round(LongestBridge * sampleRate));
        _finder = new QrsCandidateFinder(settings, sampleRate);
        _decoder = new QrsDecoder(settings, sampleRate);
        _locator = new RPeakLocator(sampleRate);
        int decided = _finder.Delay + _decoder.LookAhead;
        Latency = _bridge.Delay + decided + _locator.Earliest;
        int kept = decided + Math.Max(_finder.Reach, _locator.Reach) + 2;
        _samples = new SampleHistory(kept);
        _missing = new int[kept];
    }

    public double SampleRate { get; }

    /// <summary>Samples from an R peak to the sample with which its beat is reported.</summary>
    public int Latency { get; }

    /// <summary>Samples taken so far.</summary>
    public long Position { get; private set; }

    /// <summary>Takes the next sample. After the last one of a recording, <see cref="Latency"/> missing samples bring out the last beats.</summary>
    /// <param name="sample">In millivolts; NaN where there is none.</param>
    /// <param name="beat">The beat whose R peak was <see cref="Latency"/> samples ago, if there was one.</param>
    /// <returns>Whether there was one.</returns>
    public bool Next(float sample, out QrsBeat beat)
    {
        if (_bridge.Next(sample, out float settled))
        {
            Append(settled);
            FindBeats(Position - _bridge.Delay);
        }
        bool due = _queued > 0 && _queue[0].Sample + Latency <= Position;
        beat = due ? _queue[0] : default;
        if (due)
        {
            _queued--;
            _queue.AsSpan(1, _queued).CopyTo(_queue);
        }
        Position++;
        return due;
    }

    /// <summary>Takes a chunk; the beats do not depend on how the stream is cut.</summary>
    /// <param name="beats">Room for <see cref="MostBeats"/> of the chunk.</param>
    /// <returns>Beats written.</returns>
    public int Process(ReadOnlySpan<float> samples, Span<QrsBeat> beats)
    {
        int count = 0;
        foreach (float sample in samples)
        {
            if (Next(sample, out QrsBeat beat))
            {
                beats[count++] = beat;
            }
        }
        return count;
    }

    /// <summary>Beats that so many samples can bring out at most.</summary>
    public int MostBeats(int samples) => (int)(samples / (_closest * SampleRate)) + 2;

    /// <summary>Stores a sample; the filters see a gap as the last value before it.</summary>
    private void Append(float sample)
    {
        long at = _samples.Count;
        bool missing = float.IsNaN(sample);
        if (missing)
        {
            _missingCount++;
            _decoder.AddMissing(at);
        }
        else
        {
            _held = sample;
        }
        _samples.Append(_held);
        _missing[(int)(at % _missing.Length)] = _missingCount;
    }

    /// <param name="newest">The newest stored sample.</param>
    private void FindBeats(long newest)
    {
        if (_finder.Next(_samples, newest, out QrsCandidate found) && IsWhole(found.Sample))
        {
            _decoder.Add(found);
        }
        while (_decoder.TryDecide(newest - _finder.Delay, out QrsCandidate candidate, out bool isBeat))
        {
            if (isBeat)
            {
                (long peak, float deflection) = _locator.Locate(_samples, candidate.Sample);
                _queue[_queued++] = new QrsBeat(peak, deflection);
            }
        }
    }

    /// <summary>Whether no sample is missing where the filters looked for this wave, and the stream has begun where the peak is looked for.</summary>
    private bool IsWhole(long middle)
    {
        long first = middle - _finder.Reach;
        return first > 0 && middle >= _locator.Reach && MissingUpTo(middle + _finder.Reach) == MissingUpTo(first - 1);
    }

    private int MissingUpTo(long sample) => _missing[(int)(sample % _missing.Length)];
}
