using Edge.Runtime.Format;

namespace Edge.Runtime.Signals;

/// <summary>
/// Changes the size of images the way Pillow's Image.resize does, bit for bit: trained models expect exactly this.
/// Bilinear and bicubic (a = -0.5) are separable filters whose support grows with the reduction (antialiasing), applied along
/// rows, then along columns, each with 22-bit fixed-point weights and a result rounded to 8 bits. Pixel centres lie at halves.
/// This is the naive form; <see cref="FramePreprocessor"/> gives the same pixels in one pass.
/// </summary>
public static class ImageResizer
{
    /// <summary><paramref name="image"/> with <paramref name="width"/> x <paramref name="height"/> pixels.</summary>
    public static PixelImage Resize(PixelImage image, int width, int height, Interpolation interpolation)
    {
        if (interpolation == Interpolation.Nearest)
        {
            return Nearest(image, width, height);
        }
        PixelImage wide = width == image.Width ? image : AlongRows(image, new ResizeFilter(image.Width, width, interpolation));
        return height == image.Height ? wide : AlongColumns(wide, new ResizeFilter(image.Height, height, interpolation));
    }

    private static PixelImage Nearest(PixelImage image, int width, int height)
    {
        int channels = image.Channels;
        var pixels = new byte[width * height * channels];
        for (int y = 0; y < height; y++)
        {
            int sourceY = ResizeFilter.NearestSource(y, image.Height, height);
            for (int x = 0; x < width; x++)
            {
                int source = ((sourceY * image.Width) + ResizeFilter.NearestSource(x, image.Width, width)) * channels;
                image.Pixels.AsSpan(source, channels).CopyTo(pixels.AsSpan(((y * width) + x) * channels));
            }
        }
        return new PixelImage(width, height, channels, pixels);
    }

    private static PixelImage AlongRows(PixelImage image, ResizeFilter filter)
    {
        int channels = image.Channels;
        int width = filter.Starts.Length;
        var pixels = new byte[width * image.Height * channels];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> row = image.Pixels.AsSpan(y * image.Width * channels, image.Width * channels);
            Span<byte> target = pixels.AsSpan(y * width * channels, width * channels);
            for (int x = 0; x < width; x++)
            {
                ReadOnlySpan<int> weights = filter.Weights(x);
                for (int c = 0; c < channels; c++)
                {
                    target[(x * channels) + c] = Sum(row[((filter.Starts[x] * channels) + c)..], channels, weights);
                }
            }
        }
        return new PixelImage(width, image.Height, channels, pixels);
    }

    private static PixelImage AlongColumns(PixelImage image, ResizeFilter filter)
    {
        int stride = image.Width * image.Channels;
        int height = filter.Starts.Length;
        var pixels = new byte[stride * height];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<int> weights = filter.Weights(y);
            ReadOnlySpan<byte> rows = image.Pixels.AsSpan(filter.Starts[y] * stride);
            for (int x = 0; x < stride; x++)
            {
                pixels[(y * stride) + x] = Sum(rows[x..], stride, weights);
            }
        }
        return new PixelImage(image.Width, height, image.Channels, pixels);
    }

    /// <summary>The sum of samples[i * step] * weights[i], rounded and saturated to 8 bits.</summary>
    private static byte Sum(ReadOnlySpan<byte> samples, int step, ReadOnlySpan<int> weights)
    {
        int sum = 1 << (ResizeFilter.PrecisionBits - 1);
        for (int i = 0; i < weights.Length; i++)
        {
            sum += samples[i * step] * weights[i];
        }
        return (byte)Math.Clamp(sum >> ResizeFilter.PrecisionBits, 0, 255);
    }
}
