namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Cuts a window around each R peak out of a stream. Beats may come later than their samples, as detectors report them. Windows
/// with missing samples, or whose beginning is no longer kept, are reported, not filled.
/// </summary>
public sealed class BeatSegmenter
{
    private const int MostWaiting = 64;

    private readonly SampleHistory _samples;
    private readonly int _length;
    private readonly int _before;
    private readonly long[] _waiting = new long[MostWaiting];
    private readonly int[] _missing;
    private int _missingCount;
    private int _first;
    private int _count;

    /// <param name="length">Samples of a window.</param>
    /// <param name="before">Of these before the R peak: the peak is at index <paramref name="before"/>. From 0 to length.</param>
    /// <param name="lateness">Samples by which beats may be reported after their R peak.</param>
    public BeatSegmenter(int length, int before, int lateness)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(before);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(before, length);
        ArgumentOutOfRangeException.ThrowIfNegative(lateness);
        _length = length;
        _before = before;
        int kept = Math.Max(length, before + lateness) + 1;
        _samples = new SampleHistory(kept);
        _missing = new int[kept];
    }

    /// <summary>Samples taken so far.</summary>
    public long Position => _samples.Count;

    /// <summary>Takes the next sample; NaN where there is none.</summary>
    public void AddSample(float sample)
    {
        _missingCount += float.IsNaN(sample) ? 1 : 0;
        _missing[(int)(_samples.Count % _missing.Length)] = _missingCount;
        _samples.Append(sample);
    }

    /// <summary>Asks for the window around an R peak, later than those before.</summary>
    /// <returns>False where too many are waiting: read them first.</returns>
    public bool AddBeat(long sample)
    {
        if (_count == MostWaiting)
        {
            return false;
        }
        _waiting[(_first + _count++) % MostWaiting] = sample;
        return true;
    }

    /// <summary>Takes out the next window, if all its samples have come. Call it after each sample or small chunk.</summary>
    /// <param name="window">Gets the samples; as long as a window.</param>
    public bool TryRead(Span<float> window, out SignalWindow cut)
    {
        cut = default;
        if (_count == 0 || _waiting[_first] - _before + _length > _samples.Count)
        {
            return false;
        }
        long beat = _waiting[_first];
        _first = (_first + 1) % MostWaiting;
        _count--;
        long start = beat - _before;
        cut = new SignalWindow(beat, IsWhole(start));
        if (cut.IsWhole)
        {
            _samples.Span(start, _length).CopyTo(window);
        }
        return true;
    }

    private bool IsWhole(long start)
    {
        if (start < 0 || start < _samples.Count - _missing.Length + 1)
        {
            return false;
        }
        int upToEnd = _missing[(int)((start + _length - 1) % _missing.Length)];
        bool firstMissing = float.IsNaN(_samples[start]);
        return !firstMissing && upToEnd == _missing[(int)(start % _missing.Length)];
    }
}
