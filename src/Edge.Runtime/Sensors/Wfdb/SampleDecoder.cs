using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Wfdb;

/// <summary>The samples of one signal file in the order in which they are stored.</summary>
internal sealed class SampleDecoder : IDisposable
{
    private const int BufferUnits = 4096;

    private readonly FileStream _file;
    private readonly string _path;
    private readonly int _format;
    private readonly byte[] _bytes;
    private readonly int[] _samples;
    private int _next;
    private int _available;

    /// <exception cref="EdgeException">The file cannot be opened, or is shorter than its offset.</exception>
    public SampleDecoder(string path, int format, long byteOffset)
    {
        (int size, int count) = SampleFormat.Unit(format);
        _path = path;
        _format = format;
        _bytes = new byte[size * BufferUnits];
        _samples = new int[count * BufferUnits];
        _file = RecordingFile.Open(path);
        try
        {
            Total = CountSamples(_file.Length - byteOffset);
            _file.Position = Math.Min(byteOffset, _file.Length);
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            _file.Dispose();
            throw RecordingFile.Unreadable(path, exception);
        }
    }

    /// <summary>Samples in the file.</summary>
    public long Total { get; }

    /// <summary>The next samples, fewer only at the end of the file.</summary>
    public int Read(Span<int> samples)
    {
        int done = 0;
        while (done < samples.Length)
        {
            if (_next == _available && !Fill())
            {
                break;
            }
            int count = Math.Min(samples.Length - done, _available - _next);
            _samples.AsSpan(_next, count).CopyTo(samples[done..]);
            _next += count;
            done += count;
        }
        return done;
    }

    public void Dispose() => _file.Dispose();

    private bool Fill()
    {
        int read;
        try
        {
            read = _file.ReadAtLeast(_bytes, _bytes.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw RecordingFile.Unreadable(_path, exception);
        }
        (int size, _) = SampleFormat.Unit(_format);
        int rounded = (read + size - 1) / size * size;
        _bytes.AsSpan(read, rounded - read).Clear();
        SampleFormat.Decode(_format, _bytes.AsSpan(0, rounded), _samples);
        _next = 0;
        _available = (int)CountSamples(read);
        return _available > 0;
    }

    /// <summary>Whole units, and of a cut last unit the samples that are complete.</summary>
    private long CountSamples(long bytes)
    {
        (int size, int perUnit) = SampleFormat.Unit(_format);
        if (bytes <= 0)
        {
            return 0;
        }
        int partial = 0;
        while (partial + 1 < perUnit && SampleFormat.PartialBytes(_format, partial + 1) <= bytes % size)
        {
            partial++;
        }
        return (bytes / size * perUnit) + partial;
    }
}
