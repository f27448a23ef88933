using Edge.Runtime.Format;

namespace Edge.Runtime.Signals;

/// <summary>
/// Changes the size of images the way Pillow's Image.resize does, bit for bit: trained models expect exactly this.
/// Bilinear and bicubic (a = -0.5) are separable filters whose support grows with the reduction (antialiasing), applied along
/// rows, then along columns, each with 22-bit fixed-point weights and a result rounded to 8 bits. Pixel centres lie at halves.
/// </summary>
public static class ImageResizer
{
    private const int PrecisionBits = 32 - 8 - 2;

    /// <summary><paramref name="image"/> with <paramref name="width"/> x <paramref name="height"/> pixels.</summary>
    public static PixelImage Resize(PixelImage image, int width, int height, Interpolation interpolation)
    {
        if (interpolation == Interpolation.Nearest)
        {
            return Nearest(image, width, height);
        }
        PixelImage wide = width == image.Width ? image : AlongRows(image, new Filter(image.Width, width, interpolation));
        return height == image.Height ? wide : AlongColumns(wide, new Filter(image.Height, height, interpolation));
    }

    private static PixelImage Nearest(PixelImage image, int width, int height)
    {
        int channels = image.Channels;
        var pixels = new byte[width * height * channels];
        for (int y = 0; y < height; y++)
        {
            int sourceY = NearestSource(y, image.Height, height);
            for (int x = 0; x < width; x++)
            {
                int source = ((sourceY * image.Width) + NearestSource(x, image.Width, width)) * channels;
                image.Pixels.AsSpan(source, channels).CopyTo(pixels.AsSpan(((y * width) + x) * channels));
            }
        }
        return new PixelImage(width, height, channels, pixels);
    }

    private static int NearestSource(int index, int from, int to) => Math.Min((int)((index + 0.5) * ((double)from / to)), from - 1);

    private static PixelImage AlongRows(PixelImage image, Filter filter)
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

    private static PixelImage AlongColumns(PixelImage image, Filter filter)
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
        int sum = 1 << (PrecisionBits - 1);
        for (int i = 0; i < weights.Length; i++)
        {
            sum += samples[i * step] * weights[i];
        }
        return (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);
    }

    /// <summary>Weights of the source samples that make each target sample along one axis.</summary>
    private sealed class Filter
    {
        private readonly int[][] _weights;

        public Filter(int from, int to, Interpolation interpolation)
        {
            (Func<double, double> kernel, double radius) = interpolation == Interpolation.Bicubic ? ((Func<double, double>)Cubic, 2.0) : (Triangle, 1.0);
            double scale = (double)from / to;
            double stretch = Math.Max(scale, 1);
            double support = radius * stretch;
            Starts = new int[to];
            _weights = new int[to][];
            for (int i = 0; i < to; i++)
            {
                double center = (i + 0.5) * scale;
                int start = Math.Max((int)(center - support + 0.5), 0);
                int end = Math.Min((int)(center + support + 0.5), from);
                Starts[i] = start;
                _weights[i] = Normalize([.. Enumerable.Range(start, end - start).Select(j => kernel((j - center + 0.5) / stretch))]);
            }
        }

        /// <summary>First source sample of each target sample.</summary>
        public int[] Starts { get; }

        public ReadOnlySpan<int> Weights(int target) => _weights[target];

        private static int[] Normalize(double[] weights)
        {
            double sum = weights.Sum();
            return [.. weights.Select(w => sum == 0 ? w : w / sum).Select(w => (int)((w < 0 ? -0.5 : 0.5) + (w * (1 << PrecisionBits))))];
        }

        private static double Triangle(double x) => Math.Max(0, 1 - Math.Abs(x));

        /// <summary>Keys' cubic convolution with a = -0.5.</summary>
        private static double Cubic(double x)
        {
            const double A = -0.5;
            double t = Math.Abs(x);
            return t < 1 ? ((((A + 2) * t) - (A + 3)) * t * t) + 1 : t < 2 ? ((((t - 5) * t) + 8) * t - 4) * A : 0;
        }
    }
}
