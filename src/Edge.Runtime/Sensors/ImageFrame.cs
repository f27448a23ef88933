using System.Diagnostics;

namespace Edge.Runtime.Sensors;

/// <summary>How the bytes of a frame are laid out.</summary>
public enum FrameFormat
{
    /// <summary>A JPEG file; width and height are those of the file, once it is decoded.</summary>
    Jpeg,

    /// <summary>R, G, B, a byte each.</summary>
    Rgb24,

    /// <summary>One byte per pixel.</summary>
    Gray8,

    /// <summary>Y0 U Y1 V for two pixels; the width is even. BT.601, limited range.</summary>
    Yuyv,

    /// <summary>A plane of Y, then a plane of U V pairs for 2 x 2 pixels each; width and height are even.</summary>
    Nv12,

    /// <summary>Planes of Y, U and V, the last two for 2 x 2 pixels each; width and height are even.</summary>
    I420,
}

/// <summary>A frame of a camera. Its buffer is used again for later frames; it grows, and never shrinks.</summary>
public sealed class ImageFrame
{
    private byte[] _buffer = [];

    public FrameFormat Format { get; private set; }

    /// <summary>Pixels; 0 for a JPEG that is not decoded.</summary>
    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>Bytes from a row to the next one, of the first plane.</summary>
    public int Stride { get; private set; }

    /// <summary>Bytes that are used.</summary>
    public int Length { get; private set; }

    /// <summary>Number of the frame at its source, from 0; frames that the source lost leave a hole.</summary>
    public long Sequence { get; set; }

    /// <summary>When it was taken, in ticks of <see cref="Stopwatch"/>.</summary>
    public long Timestamp { get; set; }

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, Length);

    /// <summary>Bytes that a frame of this format and size has; rows are not padded.</summary>
    public static int SizeOf(FrameFormat format, int width, int height) => format switch
    {
        FrameFormat.Rgb24 => checked(width * height * 3),
        FrameFormat.Gray8 => checked(width * height),
        FrameFormat.Yuyv => checked(width * height * 2),
        FrameFormat.Nv12 or FrameFormat.I420 => checked(width * height * 3 / 2),
        _ => 0,
    };

    /// <summary>Bytes of a row of the first plane.</summary>
    public static int RowBytes(FrameFormat format, int width) => format switch
    {
        FrameFormat.Rgb24 => width * 3,
        FrameFormat.Yuyv => width * 2,
        FrameFormat.Jpeg => 0,
        _ => width,
    };

    /// <summary>Makes room for a frame without padding and gives its bytes to be filled.</summary>
    public Span<byte> Prepare(FrameFormat format, int width, int height) =>
        Prepare(format, width, height, RowBytes(format, width), SizeOf(format, width, height));

    /// <summary>Makes room for a frame and gives its bytes to be filled.</summary>
    /// <param name="length">Bytes of all planes.</param>
    public Span<byte> Prepare(FrameFormat format, int width, int height, int stride, int length)
    {
        if (_buffer.Length < length)
        {
            _buffer = new byte[length];
        }
        (Format, Width, Height, Stride, Length) = (format, width, height, stride, length);
        return _buffer.AsSpan(0, length);
    }

    /// <summary>Makes this frame a copy of a JPEG file.</summary>
    public void SetJpeg(ReadOnlySpan<byte> file) => file.CopyTo(Prepare(FrameFormat.Jpeg, 0, 0, 0, file.Length));

    /// <summary>Makes this frame a copy of another one.</summary>
    public void CopyFrom(ImageFrame other)
    {
        other.Bytes.CopyTo(Prepare(other.Format, other.Width, other.Height, other.Stride, other.Length));
        (Sequence, Timestamp) = (other.Sequence, other.Timestamp);
    }
}
