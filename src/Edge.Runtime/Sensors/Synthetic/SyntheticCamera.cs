using System.Diagnostics;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Sensors.Synthetic;

/// <summary>
/// A test pattern that moves: colour bars, a bouncing white disc, and the frame's number as 16 black and white cells in the top
/// row of blocks, most significant bit first, so that a reader can tell frames apart. Equal numbers give equal frames.
/// </summary>
public sealed class SyntheticCamera : IImageSource
{
    private const int Bits = 16;

    /// <summary>White, yellow, cyan, green, magenta, red, blue, black at 75 %, as broadcast colour bars.</summary>
    private static readonly (byte R, byte G, byte B)[] Bars =
        [(191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191), (16, 16, 16)];

    private readonly int _width;
    private readonly int _height;
    private readonly long? _length;
    private readonly byte[] _background;
    private long _next;

    /// <param name="width">32 to 8192.</param>
    /// <param name="height">32 to 8192.</param>
    /// <param name="rate">Frames per second, more than 0 to 1000.</param>
    /// <param name="length">Frames until the end; null = endless.</param>
    /// <exception cref="EdgeException">A value is out of its range.</exception>
    public SyntheticCamera(int width = 640, int height = 480, double rate = 30, long? length = null)
    {
        if (width is < 32 or > 8192 || height is < 32 or > 8192 || !(rate is > 0 and <= 1000) || length < 0)
        {
            throw new EdgeException(EdgeError.BadSignal, $"a pattern of {width} x {height} pixels at {rate} frames per second is asked for, expected 32 to 8192 pixels and at most 1000", "correct the synthetic camera's options");
        }
        _width = width;
        _height = height;
        _length = length;
        Rate = rate;
        _background = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (byte r, byte g, byte b) = Bars[x * Bars.Length / width];
                int at = ((y * width) + x) * 3;
                (_background[at], _background[at + 1], _background[at + 2]) = (r, g, b);
            }
        }
    }

    public double? Rate { get; }

    public long BadFrames => 0;

    /// <summary>The frame's number as drawn in the pattern, modulo 65536.</summary>
    public static int ReadNumber(ReadOnlySpan<byte> rgb, int width, int height)
    {
        int number = 0;
        for (int bit = 0; bit < Bits; bit++)
        {
            int x = ((2 * bit) + 1) * width / (2 * Bits);
            number = (number << 1) | (rgb[((BlockHeight(height) / 2 * width) + x) * 3] > 127 ? 1 : 0);
        }
        return number;
    }

    public bool Read(ImageFrame frame)
    {
        if (_next >= _length)
        {
            return false;
        }
        Span<byte> rgb = frame.Prepare(FrameFormat.Rgb24, _width, _height);
        _background.CopyTo(rgb);
        DrawDisc(rgb);
        DrawNumber(rgb);
        frame.Sequence = _next++;
        frame.Timestamp = Stopwatch.GetTimestamp();
        return true;
    }

    public void Dispose()
    {
    }

    private static int BlockHeight(int height) => Math.Max(4, height / 16);

    /// <summary>A triangle wave: there and back again.</summary>
    private static int Bounce(long step, int range)
    {
        int at = (int)(step % (2 * range));
        return at < range ? at : (2 * range) - at;
    }

    private void DrawDisc(Span<byte> rgb)
    {
        int radius = Math.Min(_width, _height) / 8;
        int centreX = radius + Bounce(_next * 4, _width - (2 * radius));
        int centreY = radius + Bounce(_next * 3, _height - (2 * radius));
        for (int y = centreY - radius; y < centreY + radius; y++)
        {
            int half = (int)Math.Sqrt((radius * radius) - ((y - centreY) * (y - centreY)));
            rgb.Slice(((y * _width) + centreX - half) * 3, half * 2 * 3).Fill(255);
        }
    }

    private void DrawNumber(Span<byte> rgb)
    {
        for (int y = 0; y < BlockHeight(_height); y++)
        {
            for (int bit = 0; bit < Bits; bit++)
            {
                int start = bit * _width / Bits;
                int end = (bit + 1) * _width / Bits;
                bool isSet = ((_next >> (Bits - 1 - bit)) & 1) != 0;
                rgb.Slice(((y * _width) + start) * 3, (end - start) * 3).Fill(isSet ? (byte)255 : (byte)0);
            }
        }
    }
}
