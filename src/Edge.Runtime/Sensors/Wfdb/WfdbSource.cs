using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>Signals of a WFDB record in physical units, as a stream.</summary>
public sealed class WfdbSource : ISignalSource
{
    private const int ChunkFrames = 512;

    private readonly WfdbReader _reader;
    private readonly int[] _signals;
    private readonly int _samplesPerFrame;
    private readonly int[] _stored;
    private int _next;
    private int _available;

    /// <param name="path">The record's path without extension, or with <c>.hea</c> or <c>.dat</c>.</param>
    /// <param name="signals">Indices of the signals that become channels, all of one rate; none = all signals of the first one's rate.</param>
    /// <exception cref="EdgeException">The record cannot be read, or the signals do not fit together.</exception>
    public WfdbSource(string path, params ReadOnlySpan<int> signals)
    {
        _reader = WfdbReader.Open(path);
        try
        {
            IReadOnlyList<WfdbSignal> all = _reader.Header.Signals;
            _signals = signals.Length > 0 ? signals.ToArray() : [.. Enumerable.Range(0, all.Count).Where(i => all[i].SamplesPerFrame == all[0].SamplesPerFrame)];
            foreach (int signal in _signals)
            {
                Require(signal >= 0 && signal < all.Count, path, $"the record has the signals 0 to {all.Count - 1}, not {signal}");
                Require(all[signal].SamplesPerFrame == all[_signals[0]].SamplesPerFrame, path, $"the signals {_signals[0]} and {signal} have different rates");
            }
            _samplesPerFrame = all[_signals[0]].SamplesPerFrame;
            Channels = [.. _signals.Select(s => new ChannelInfo(all[s].Description, all[s].Unit))];
            SampleRate = _reader.Header.FrameRate * _samplesPerFrame;
            Length = _reader.Frames * _samplesPerFrame;
            _stored = new int[_reader.FrameSize * Math.Max(1, Math.Min(ChunkFrames, (1 << 20) / _reader.FrameSize))];
        }
        catch
        {
            _reader.Dispose();
            throw;
        }
    }

    public WfdbHeader Header => _reader.Header;

    public IReadOnlyList<ChannelInfo> Channels { get; }

    public double SampleRate { get; }

    public long? Length { get; }

    public int Read(Span<float> frames)
    {
        int wanted = frames.Length / _signals.Length;
        int done = 0;
        while (done < wanted)
        {
            if (_next == _available)
            {
                _available = _reader.ReadFrames(_stored) * _samplesPerFrame;
                _next = 0;
                if (_available == 0)
                {
                    break;
                }
            }
            for (; done < wanted && _next < _available; done++, _next++)
            {
                Convert(_next, frames.Slice(done * _signals.Length, _signals.Length));
            }
        }
        return done;
    }

    public void Dispose() => _reader.Dispose();

    private static void Require(bool holds, string path, string problem)
    {
        if (!holds)
        {
            throw new EdgeException(EdgeError.BadOption, problem, "choose other signals", path);
        }
    }

    private void Convert(int index, Span<float> values)
    {
        (int frame, int within) = Math.DivRem(index, _samplesPerFrame);
        for (int c = 0; c < _signals.Length; c++)
        {
            WfdbSignal signal = _reader.Header.Signals[_signals[c]];
            int stored = _stored[(frame * _reader.FrameSize) + _reader.OffsetOf(_signals[c]) + within];
            values[c] = stored == WfdbReader.Missing ? float.NaN : (float)(((double)stored - signal.Baseline) / signal.Gain);
        }
    }
}
