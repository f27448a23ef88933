using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Training;

/// <summary>Random changes of a training sample that leave its class as it is. Everything off by default.</summary>
public sealed record Augmentation
{
    /// <summary>Images: probability of a mirrored image, 0 to 1.</summary>
    public float Flip { get; init; }

    /// <summary>Images: largest shift, as a share of the side, 0 to 1. With <see cref="Scale"/> it is a random crop.</summary>
    public float Translate { get; init; }

    /// <summary>Images: size changes by up to this share, 0 to below 1.</summary>
    public float Scale { get; init; }

    /// <summary>Images: largest rotation in degrees, 0 to 180.</summary>
    public float Rotate { get; init; }

    /// <summary>Images: contrast of each channel changes by up to this share, and its brightness by up to this share of its deviation, 0 to 1 (colour jitter).</summary>
    public float Jitter { get; init; }

    /// <summary>Images: side of a square that is replaced by the mean, as a share of the side, 0 to 1 (DeVries and Taylor, "Cutout", 2017).</summary>
    public float Cutout { get; init; }

    /// <summary>Signals: largest shift in time, as a share of the window, 0 to 1; the ends are repeated.</summary>
    public float TimeShift { get; init; }

    /// <summary>Signals: amplitude changes by up to this share, 0 to below 1.</summary>
    public float Amplitude { get; init; }

    /// <summary>Signals: largest amplitude of a slow sine that is added, in units of the signal: baseline wander.</summary>
    public float Wander { get; init; }

    /// <summary>Signals and images: deviation of normal noise that is added.</summary>
    public float Noise { get; init; }

    /// <summary>Whether anything is changed.</summary>
    public bool IsOn => this != new Augmentation();

    /// <exception cref="EdgeException">A number is out of range.</exception>
    public void Validate()
    {
        (string Name, float Value, float Most)[] numbers =
        [
            ("flip", Flip, 1), ("translate", Translate, 1), ("scale", Scale, 0.99f), ("rotate", Rotate, 180), ("jitter", Jitter, 1), ("cutout", Cutout, 1),
            ("time_shift", TimeShift, 1), ("amplitude", Amplitude, 0.99f), ("wander", Wander, float.MaxValue), ("noise", Noise, float.MaxValue),
        ];
        foreach ((string name, float value, float most) in numbers)
        {
            if (!(value >= 0 && value <= most))
            {
                throw new EdgeException(EdgeError.BadOption, FormattableString.Invariant($"the augmentation {name} is {value}, expected 0 to {most}"));
            }
        }
    }
}

/// <summary>
/// Samples, changed anew whenever they are read. With several copies each sample is listed as often: for features of a frozen trunk, which
/// are computed once.
/// </summary>
/// <param name="shape">Channels, then height and width, or the length of a signal.</param>
/// <param name="seed">The same seed and the same order of reading give the same changes.</param>
public sealed class AugmentedSamples(ISampleSet source, Augmentation augmentation, int[] shape, int copies, ulong seed) : ISampleSet
{
    private readonly SeededRandom _random = new(seed);
    private readonly float[] _plane = new float[shape.Skip(1).Aggregate(1, (a, b) => a * b)];

    public int Count => source.Count * copies;

    public int SampleFloats => source.SampleFloats;

    public int Label(int index) => source.Label(index % source.Count);

    public void Read(int index, Span<float> target)
    {
        source.Read(index % source.Count, target);
        if (shape.Length == 3)
        {
            ChangeImage(target);
        }
        else
        {
            ChangeSignal(target);
        }
        for (int i = 0; augmentation.Noise > 0 && i < target.Length; i++)
        {
            target[i] += augmentation.Noise * _random.NextNormal();
        }
    }

    private void ChangeImage(Span<float> image)
    {
        (int height, int width) = (shape[1], shape[2]);
        var map = new ImageMap(
            _random.NextUnit() < augmentation.Flip, _random.NextSymmetric(augmentation.Rotate) * MathF.PI / 180, 1 + _random.NextSymmetric(augmentation.Scale),
            _random.NextSymmetric(augmentation.Translate) * width, _random.NextSymmetric(augmentation.Translate) * height);
        int side = (int)(augmentation.Cutout * Math.Min(height, width));
        int left = side > 0 ? _random.Next(width - side + 1) : 0;
        int top = side > 0 ? _random.Next(height - side + 1) : 0;
        for (int c = 0; c < shape[0]; c++)
        {
            Span<float> plane = image.Slice(c * height * width, height * width);
            if (!map.IsIdentity)
            {
                plane.CopyTo(_plane);
                map.Apply(_plane, plane, height, width);
            }
            (float mean, float deviation) = Statistics(plane);
            float contrast = 1 + _random.NextSymmetric(augmentation.Jitter);
            float brightness = _random.NextSymmetric(augmentation.Jitter) * deviation;
            for (int i = 0; augmentation.Jitter > 0 && i < plane.Length; i++)
            {
                plane[i] = ((plane[i] - mean) * contrast) + mean + brightness;
            }
            for (int y = top; y < top + side; y++)
            {
                plane.Slice((y * width) + left, side).Fill(mean);
            }
        }
    }

    private void ChangeSignal(Span<float> signal)
    {
        int length = shape[^1];
        int shift = (int)MathF.Round(_random.NextSymmetric(augmentation.TimeShift) * length);
        float scale = 1 + _random.NextSymmetric(augmentation.Amplitude);
        float wander = _random.NextUnit() * augmentation.Wander;
        float cycles = 0.2f + _random.NextUnit();
        float phase = _random.NextUnit() * 2 * MathF.PI;
        for (int c = 0; c < shape[0]; c++)
        {
            Span<float> channel = signal.Slice(c * length, length);
            channel.CopyTo(_plane);
            for (int i = 0; i < length; i++)
            {
                channel[i] = (_plane[Math.Clamp(i - shift, 0, length - 1)] * scale) + (wander * MathF.Sin((2 * MathF.PI * cycles * i / length) + phase));
            }
        }
    }

    private static (float Mean, float Deviation) Statistics(ReadOnlySpan<float> values)
    {
        double sum = 0;
        double squares = 0;
        foreach (float value in values)
        {
            sum += value;
            squares += (double)value * value;
        }
        double mean = sum / Math.Max(1, values.Length);
        return ((float)mean, (float)Math.Sqrt(Math.Max(0, (squares / Math.Max(1, values.Length)) - (mean * mean))));
    }

    /// <summary>A mirrored, rotated, scaled and shifted image, bilinear; beyond the border its last pixels are repeated.</summary>
    private readonly record struct ImageMap(bool Flip, float Angle, float Scale, float ShiftX, float ShiftY)
    {
        public bool IsIdentity => !Flip && Angle == 0 && Scale == 1 && ShiftX == 0 && ShiftY == 0;

        public void Apply(ReadOnlySpan<float> source, Span<float> target, int height, int width)
        {
            float cos = MathF.Cos(Angle) / Scale;
            float sin = MathF.Sin(Angle) / Scale;
            (float middleX, float middleY) = ((width - 1) / 2f, (height - 1) / 2f);
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    float dx = x - middleX - ShiftX;
                    float dy = y - middleY - ShiftY;
                    float fromX = (cos * dx) + (sin * dy);
                    float fromY = (cos * dy) - (sin * dx);
                    target[(y * width) + x] = Sample(source, height, width, (Flip ? -fromX : fromX) + middleX, fromY + middleY);
                }
            }
        }

        private static float Sample(ReadOnlySpan<float> source, int height, int width, float x, float y)
        {
            x = Math.Clamp(x, 0, width - 1);
            y = Math.Clamp(y, 0, height - 1);
            (int left, int top) = ((int)x, (int)y);
            (int right, int bottom) = (Math.Min(left + 1, width - 1), Math.Min(top + 1, height - 1));
            (float fx, float fy) = (x - left, y - top);
            float above = source[(top * width) + left] + (fx * (source[(top * width) + right] - source[(top * width) + left]));
            float below = source[(bottom * width) + left] + (fx * (source[(bottom * width) + right] - source[(bottom * width) + left]));
            return above + (fy * (below - above));
        }
    }
}
