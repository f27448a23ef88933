namespace Edge.Runtime.Sensors.Files;

/// <summary>
/// Finds the JPEG files in a stream of bytes in which they follow each other (MJPEG as rpicam-vid, ffmpeg and cameras write it).
/// Walks from marker to marker, so that a thumbnail in a header does not end a frame, and looks for the next start of image after
/// anything that breaks the rules (ITU-T T.81, annex B). A frame never becomes larger than the limit.
/// </summary>
public sealed class JpegSplitter
{
    private readonly int _mostBytes;
    private byte[] _buffer = new byte[1 << 16];
    private int _count;
    private int _position;
    private bool _inScan;
    private int _frameEnd;

    /// <param name="mostBytes">Largest file that is accepted.</param>
    public JpegSplitter(int mostBytes = 16 << 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mostBytes, 4);
        _mostBytes = mostBytes;
    }

    /// <summary>Frames that were cut off, too large, or broke the rules.</summary>
    public long BadFrames { get; private set; }

    /// <summary>Adds the next bytes of the stream. Take out all frames with <see cref="TryRead"/> before adding more.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_frameEnd > 0)
        {
            Drop(_frameEnd);
        }
        if (_buffer.Length - _count < bytes.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _count + bytes.Length));
        }
        bytes.CopyTo(_buffer.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>Takes out the next whole file. It is valid until the next call of any method.</summary>
    public bool TryRead(out ReadOnlySpan<byte> file)
    {
        if (_frameEnd > 0)
        {
            Drop(_frameEnd);
        }
        while (FindStart())
        {
            switch (Walk())
            {
                case Outcome.Whole:
                    _frameEnd = _position;
                    file = _buffer.AsSpan(0, _frameEnd);
                    return true;
                case Outcome.Broken:
                    BadFrames++;
                    Drop(1);
                    break;
                default:
                    if (_count <= _mostBytes)
                    {
                        file = default;
                        return false;
                    }
                    BadFrames++;
                    Drop(1);
                    break;
            }
        }
        file = default;
        return false;
    }

    private enum Outcome
    {
        Whole,
        NeedsMore,
        Broken,
    }

    /// <summary>Moves the next start of image to the beginning of the buffer.</summary>
    private bool FindStart()
    {
        if (_position > 0)
        {
            return true; // in the middle of a frame
        }
        int start = _buffer.AsSpan(0, _count).IndexOf([(byte)0xFF, (byte)0xD8, (byte)0xFF]);
        if (start < 0)
        {
            // The last two bytes may be the beginning of a start.
            int kept = Math.Min(2, _count);
            _buffer.AsSpan(_count - kept, kept).CopyTo(_buffer);
            _count = kept;
            return false;
        }
        Drop(start);
        _position = 2;
        _inScan = false;
        return true;
    }

    private Outcome Walk()
    {
        while (true)
        {
            if (_inScan)
            {
                int marker = FindMarkerInScan();
                if (marker < 0)
                {
                    return Outcome.NeedsMore;
                }
                _position = marker;
                _inScan = false;
            }
            if (_count - _position < 2)
            {
                return Outcome.NeedsMore;
            }
            if (_buffer[_position] != 0xFF)
            {
                return Outcome.Broken;
            }
            byte code = _buffer[_position + 1];
            if (code == 0xD9)
            {
                _position += 2;
                return Outcome.Whole;
            }
            if (code == 0xFF)
            {
                _position++; // a fill byte
                continue;
            }
            if (code is < 0xC0 or 0xD8 or (>= 0xD0 and <= 0xD7))
            {
                return Outcome.Broken; // a second start of image: the frame before was cut off
            }
            if (_count - _position < 4)
            {
                return Outcome.NeedsMore;
            }
            int length = (_buffer[_position + 2] << 8) | _buffer[_position + 3];
            if (length < 2)
            {
                return Outcome.Broken;
            }
            if (_count - _position < 2 + length)
            {
                return Outcome.NeedsMore;
            }
            _position += 2 + length;
            _inScan = code == 0xDA;
        }
    }

    /// <summary>Position of the next marker that ends a scan: neither a stuffed zero nor a restart; -1 where there is none yet.</summary>
    private int FindMarkerInScan()
    {
        while (true)
        {
            int found = _buffer.AsSpan(_position, _count - _position).IndexOf((byte)0xFF);
            if (found < 0)
            {
                _position = _count;
                return -1;
            }
            int at = _position + found;
            if (at + 1 >= _count)
            {
                _position = at;
                return -1;
            }
            byte code = _buffer[at + 1];
            if (code is not (0 or (>= 0xD0 and <= 0xD7)))
            {
                return at;
            }
            _position = at + 2;
        }
    }

    private void Drop(int count)
    {
        _buffer.AsSpan(count, _count - count).CopyTo(_buffer);
        _count -= count;
        _position = 0;
        _frameEnd = 0;
        _inScan = false;
    }
}
