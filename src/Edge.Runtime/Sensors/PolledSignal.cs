namespace Edge.Runtime.Sensors;

/// <summary>
/// A converter that is asked for each sample. Samples whose time passed unused are missing, as are those whose transfer failed;
/// after a second of failed transfers the source fails as a whole, to be opened again.
/// </summary>
internal abstract class PolledSignal : ILiveSignal
{
    private readonly string _place;
    private readonly SampleClock _clock;
    private readonly float[] _held;
    private bool _isHeld;
    private int _missing;
    private int _failures;

    protected PolledSignal(string place, double sampleRate, IReadOnlyList<ChannelInfo> channels, SampleClock? clock)
    {
        _place = place;
        SampleRate = sampleRate;
        Channels = channels;
        _held = new float[channels.Count];
        _clock = clock ?? new SampleClock(sampleRate);
    }

    public IReadOnlyList<ChannelInfo> Channels { get; }

    public double SampleRate { get; }

    public long? Length => null;

    public long Errors { get; private set; }

    public int Read(Span<float> frames)
    {
        int room = frames.Length / Channels.Count;
        int done = 0;
        while (done < room)
        {
            Span<float> frame = frames.Slice(done * Channels.Count, Channels.Count);
            if (_missing > 0)
            {
                frame.Fill(float.NaN);
                _missing--;
                done++;
            }
            else if (_isHeld)
            {
                _held.CopyTo(frame);
                _isHeld = false;
                return done + 1;
            }
            else
            {
                _missing = _clock.Wait();
                Errors += _missing;
                Take(_held);
                _isHeld = true;
            }
        }
        return done;
    }

    public abstract void Dispose();

    /// <summary>Takes a sample of every channel.</summary>
    /// <exception cref="IOException">The transfer failed.</exception>
    protected abstract void Convert(Span<float> frame);

    private void Take(Span<float> frame)
    {
        try
        {
            Convert(frame);
            _failures = 0;
        }
        catch (IOException exception)
        {
            Errors++;
            frame.Fill(float.NaN);
            if (++_failures >= SampleRate)
            {
                throw SourceErrors.Failed(_place, $"the device has not answered for a second: {exception.Message}", "check wiring, address and power", exception);
            }
        }
    }
}
