using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>The signals of one file: takes a stored frame apart, undoes differences, aligns skewed signals.</summary>
internal sealed class WfdbSignalGroup : IDisposable
{
    private readonly WfdbSignal[] _signals;
    private readonly SampleDecoder? _decoder;
    private readonly int _frameOffset;
    private readonly int[] _stored;
    private readonly int[] _levels;
    private readonly long _storedFrames;
    private int[][] _delays = [];
    private int _maxSkew;
    private long _taken;
    private long _given;

    /// <param name="frameOffset">Where the first signal of the group starts in a frame of the record.</param>
    public WfdbSignalGroup(string folder, WfdbSignal[] signals, int frameOffset)
    {
        _signals = signals;
        _frameOffset = frameOffset;
        _stored = new int[signals.Sum(s => s.SamplesPerFrame)];
        _levels = [.. signals.Select(s => s.InitialValue)];
        WfdbSignal first = signals[0];
        if (first.Format == SampleFormat.Null)
        {
            _storedFrames = long.MaxValue;
            return;
        }
        if (first.File.AsSpan().IndexOfAny('/', '\\') >= 0 || first.File is "." or ".." or "-")
        {
            throw new EdgeException(EdgeError.RecordingUnsupported, $"the signal file '{first.File}' is not a name in the header's folder", "put the signal file beside the header and correct the header");
        }
        _decoder = new SampleDecoder(Path.Combine(folder, first.File), first.Format, first.ByteOffset);
        _storedFrames = _decoder.Total / _stored.Length;
    }

    /// <summary>Frames that the file holds; <see cref="long.MaxValue"/> where there is no file.</summary>
    public long Frames => _storedFrames;

    /// <param name="frames">Frames of the record.</param>
    /// <param name="maxSkew">Largest skew of all its signals.</param>
    public void Start(long frames, int maxSkew)
    {
        _maxSkew = (int)Math.Min(maxSkew, frames);
        // Signal s of stored frame f belongs to frame f - skew: it waits until the most skewed signal has come.
        _delays = [.. _signals.Select(s => new int[(Math.Max(0, _maxSkew - s.Skew) + 1) * s.SamplesPerFrame])];
        for (int i = 0; i < _maxSkew; i++)
        {
            Take();
        }
    }

    /// <summary>Writes the group's samples of the next frame to their places.</summary>
    public void ReadFrame(Span<int> frame)
    {
        Take();
        int at = _frameOffset;
        for (int s = 0; s < _signals.Length; s++)
        {
            int count = _signals[s].SamplesPerFrame;
            int[] delay = _delays[s];
            int slots = delay.Length / count;
            long wanted = _given + _signals[s].Skew;
            delay.AsSpan((int)(wanted % slots) * count, count).CopyTo(frame[at..]);
            at += count;
        }
        _given++;
    }

    public void Dispose() => _decoder?.Dispose();

    /// <summary>Moves one stored frame into the delay lines; beyond the end of the file every sample is missing.</summary>
    private void Take()
    {
        if (_decoder is null || _taken >= _storedFrames)
        {
            _stored.AsSpan().Fill(SampleFormat.Missing);
        }
        else if (_decoder.Read(_stored) < _stored.Length)
        {
            throw new EdgeException(EdgeError.RecordingMalformed, $"the signal file '{_signals[0].File}' ends at frame {_taken}", "copy the whole file");
        }
        int from = 0;
        for (int s = 0; s < _signals.Length; s++)
        {
            int count = _signals[s].SamplesPerFrame;
            Span<int> samples = _stored.AsSpan(from, count);
            if (_signals[s].Format == SampleFormat.Differences && _taken < _storedFrames)
            {
                Integrate(samples, ref _levels[s]);
            }
            int slots = _delays[s].Length / count;
            samples.CopyTo(_delays[s].AsSpan((int)(_taken % slots) * count));
            from += count;
        }
        _taken++;
    }

    /// <summary>Format 8 stores differences; the header's initial value is what precedes the first.</summary>
    private static void Integrate(Span<int> differences, ref int level)
    {
        foreach (ref int value in differences)
        {
            level = unchecked(level + value);
            value = level;
        }
    }
}
