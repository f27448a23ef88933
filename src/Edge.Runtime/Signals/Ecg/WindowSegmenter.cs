namespace Edge.Runtime.Signals.Ecg;

/// <summary>A window of a signal that was cut.</summary>
/// <param name="Anchor">What it was cut for: its first sample, or the R peak.</param>
/// <param name="IsWhole">No sample is missing in it.</param>
public readonly record struct SignalWindow(long Anchor, bool IsWhole);

/// <summary>Cuts a stream into windows that start at multiples of the hop. Windows with missing samples are reported, not filled.</summary>
public sealed class WindowSegmenter
{
    private readonly SampleHistory _samples;
    private readonly int _length;
    private readonly int _hop;
    private long _lastMissing = -1;

    /// <param name="length">Samples of a window, at least 1.</param>
    /// <param name="hop">Samples from the start of a window to the start of the next, at least 1.</param>
    public WindowSegmenter(int length, int hop)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hop, 1);
        _length = length;
        _hop = hop;
        _samples = new SampleHistory(length);
    }

    /// <summary>Takes the next sample; NaN where there is none.</summary>
    /// <param name="window">Gets the samples of a window that ends here, NaN where they are missing; as long as a window.</param>
    /// <returns>Whether a window ends with this sample.</returns>
    public bool Next(float sample, Span<float> window, out SignalWindow cut)
    {
        if (float.IsNaN(sample))
        {
            _lastMissing = _samples.Count;
        }
        _samples.Append(sample);
        long start = _samples.Count - _length;
        if (start < 0 || start % _hop != 0)
        {
            cut = default;
            return false;
        }
        cut = new SignalWindow(start, _lastMissing < start);
        _samples.Span(start, _length).CopyTo(window);
        return true;
    }
}
