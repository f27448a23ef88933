using System.Diagnostics;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Serial;

/// <summary>Samples of a front-end at a serial line, framed as <see cref="SerialFrameDecoder"/> says. Lost frames become missing samples.</summary>
internal sealed class SerialSource : ILeadSensing
{
    private const int PollMilliseconds = 250;

    private readonly string _path;
    private readonly SerialPort _port;
    private readonly SerialFrameDecoder _decoder;
    private readonly double _millivoltsPerUnit;
    private readonly TimeSpan _stall;
    private readonly byte[] _bytes = new byte[4096];
    private readonly int[] _samples;
    private int _next;
    private int _count;
    private int _missing;
    private bool _waiting;

    /// <param name="millivoltsPerUnit">Of the samples.</param>
    /// <exception cref="EdgeException">The line cannot be opened.</exception>
    public SerialSource(string path, int baud, int channels, double sampleRate, double millivoltsPerUnit, TimeSpan stall)
    {
        _path = path;
        _decoder = new SerialFrameDecoder(channels);
        _samples = new int[channels];
        _millivoltsPerUnit = millivoltsPerUnit;
        _stall = stall;
        SampleRate = sampleRate;
        Channels = [.. Enumerable.Range(1, channels).Select(i => new ChannelInfo($"serial {i}", "mV"))];
        _port = new SerialPort(path, baud);
    }

    public IReadOnlyList<ChannelInfo> Channels { get; }

    public double SampleRate { get; }

    public long? Length => null;

    public bool LeadOff => _decoder.LeadOff;

    public long Errors => _decoder.NoiseBytes + _decoder.LostFrames + _decoder.DoubledFrames;

    public int Read(Span<float> frames)
    {
        int channels = _samples.Length;
        int room = frames.Length / channels;
        int done = 0;
        long start = Stopwatch.GetTimestamp();
        while (done < room)
        {
            if (_missing > 0)
            {
                frames.Slice(done++ * channels, channels).Fill(float.NaN);
                _missing--;
            }
            else if (_waiting)
            {
                for (int c = 0; c < channels; c++)
                {
                    frames[(done * channels) + c] = (float)(_samples[c] * _millivoltsPerUnit);
                }
                done++;
                _waiting = false;
            }
            else if (_next < _count)
            {
                _waiting = _decoder.Next(_bytes[_next++], _samples, out _missing);
            }
            else if (done > 0)
            {
                break;
            }
            else
            {
                _next = 0;
                _count = _port.Read(_bytes, PollMilliseconds);
                if (_count == 0 && Stopwatch.GetElapsedTime(start) > _stall)
                {
                    throw SourceErrors.Stalled(_path, _stall.TotalSeconds);
                }
            }
        }
        return done;
    }

    public void Dispose() => _port.Dispose();
}
