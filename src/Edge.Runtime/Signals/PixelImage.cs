namespace Edge.Runtime.Signals;

/// <summary>A decoded image: 8-bit samples, row by row from the top, channels interleaved.</summary>
public sealed class PixelImage
{
    /// <param name="channels">1 = gray, 3 = RGB, 4 = RGB and alpha, which is ignored everywhere.</param>
    /// <param name="pixels">height * width * channels samples; not copied.</param>
    public PixelImage(int width, int height, int channels, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (channels is not (1 or 3 or 4) || pixels.LongLength != (long)width * height * channels)
        {
            throw new ArgumentException($"{pixels.LongLength} samples do not make {width} x {height} pixels of {channels} channels", nameof(pixels));
        }
        Width = width;
        Height = height;
        Channels = channels;
        Pixels = pixels;
    }

    public int Width { get; }

    public int Height { get; }

    public int Channels { get; }

    public byte[] Pixels { get; }

    /// <summary>
    /// This image with one channel: luma = 0.299 R + 0.587 G + 0.114 B, rounded as Pillow's convert("L") does.
    /// </summary>
    public PixelImage ToGray()
    {
        if (Channels == 1)
        {
            return this;
        }
        var gray = new byte[Width * Height];
        for (int i = 0; i < gray.Length; i++)
        {
            ReadOnlySpan<byte> pixel = Pixels.AsSpan(i * Channels, 3);
            gray[i] = (byte)(((pixel[0] * 19595) + (pixel[1] * 38470) + (pixel[2] * 7471) + 0x8000) >> 16);
        }
        return new PixelImage(Width, Height, 1, gray);
    }

    /// <summary>This image with three channels: gray is repeated, alpha is dropped.</summary>
    public PixelImage ToRgb()
    {
        if (Channels == 3)
        {
            return this;
        }
        var rgb = new byte[Width * Height * 3];
        for (int i = 0; i < Width * Height; i++)
        {
            for (int c = 0; c < 3; c++)
            {
                rgb[(i * 3) + c] = Pixels[(i * Channels) + (Channels == 1 ? 0 : c)];
            }
        }
        return new PixelImage(Width, Height, 3, rgb);
    }
}
