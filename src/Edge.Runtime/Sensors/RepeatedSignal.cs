namespace Edge.Runtime.Sensors;

/// <summary>A recording that begins again when it is over, after a second of missing samples: the seam is no heart beat.</summary>
public sealed class RepeatedSignal : ISignalSource
{
    private const double SeamSeconds = 1;

    private readonly Func<ISignalSource> _open;
    private ISignalSource _source;
    private int _missing;
    private bool _isEmpty = true;

    /// <param name="open">Opens the recording; called again each time.</param>
    public RepeatedSignal(Func<ISignalSource> open)
    {
        _open = open;
        _source = open();
    }

    public IReadOnlyList<ChannelInfo> Channels => _source.Channels;

    public double SampleRate => _source.SampleRate;

    public long? Length => null;

    public int Read(Span<float> frames)
    {
        if (_missing > 0)
        {
            int count = Math.Min(_missing, frames.Length / Channels.Count);
            frames[..(count * Channels.Count)].Fill(float.NaN);
            _missing -= count;
            return count;
        }
        int read = _source.Read(frames);
        if (read > 0 || _isEmpty)
        {
            _isEmpty = false;
            return read;
        }
        _source.Dispose();
        _source = _open();
        _isEmpty = true;
        _missing = (int)(SeamSeconds * SampleRate);
        return Read(frames);
    }

    public void Dispose() => _source.Dispose();
}
