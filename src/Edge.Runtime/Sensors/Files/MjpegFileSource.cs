using System.Diagnostics;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Files;

/// <summary>
/// Frames of a file in which JPEG files follow each other, or of an AVI file with MJPEG video: its chunks hold the same JPEG files,
/// one after the other, and its index is not needed to find them.
/// </summary>
public sealed class MjpegFileSource : IImageSource
{
    private const int ChunkBytes = 1 << 16;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private readonly bool _loop;
    private JpegSplitter _splitter = new();
    private long _badBefore;
    private long _next;
    private bool _found;

    /// <param name="rate">Frames per second; null = what an AVI file says, else 25.</param>
    /// <exception cref="EdgeException">The file cannot be opened, or is an AVI file with another codec.</exception>
    public MjpegFileSource(string path, double? rate, bool loop)
    {
        _path = path;
        _loop = loop;
        _file = RecordingFile.Open(path);
        try
        {
            double? stored = AviHeader.ReadRate(_file);
            Rate = rate ?? stored ?? 25;
            _file.Position = 0;
        }
        catch (Exception exception)
        {
            _file.Dispose();
            throw exception is EdgeException edge ? edge.At(path) : RecordingFile.IsFileProblem(exception) ? RecordingFile.Unreadable(path, exception) : exception;
        }
    }

    public double? Rate { get; }

    public long BadFrames => _badBefore + _splitter.BadFrames;

    public bool Read(ImageFrame frame)
    {
        while (true)
        {
            if (_splitter.TryRead(out ReadOnlySpan<byte> jpeg))
            {
                frame.SetJpeg(jpeg);
                frame.Sequence = _next++;
                frame.Timestamp = Stopwatch.GetTimestamp();
                _found = true;
                return true;
            }
            int count = ReadChunk();
            if (count > 0)
            {
                _splitter.Add(_chunk.AsSpan(0, count));
                continue;
            }
            if (!_found)
            {
                throw new EdgeException(EdgeError.RecordingMalformed, "the file holds no JPEG frames", "give an MJPEG or AVI (MJPG) file", _path);
            }
            if (!_loop)
            {
                return false;
            }
            Rewind();
        }
    }

    public void Dispose() => _file.Dispose();

    private void Rewind()
    {
        _badBefore += _splitter.BadFrames;
        _splitter = new JpegSplitter();
        _file.Position = 0;
        _found = false;
    }

    private int ReadChunk()
    {
        try
        {
            return _file.Read(_chunk);
        }
        catch (Exception exception) when (RecordingFile.IsFileProblem(exception))
        {
            throw RecordingFile.Unreadable(_path, exception);
        }
    }
}
