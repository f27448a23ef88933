namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Modulus of a Gabor filter: a complex exponential under a Gaussian window, without its mean, so that a constant gives 0. The
/// modulus follows the energy around one frequency whatever the polarity of the wave, with a single peak per wave. Scaled so
/// that a sine of that frequency gives its amplitude.
/// </summary>
internal sealed class GaborFilter
{
    /// <summary>The window ends at this many standard deviations.</summary>
    private const double Extent = 3;

    private readonly float[] _real;
    private readonly float[] _imaginary;

    /// <param name="frequency">Centre, in Hz.</param>
    /// <param name="sigma">Standard deviation of the window, in seconds.</param>
    /// <param name="sampleRate">In Hz.</param>
    public GaborFilter(double frequency, double sigma, double sampleRate)
    {
        HalfLength = Math.Max(1, (int)Math.Round(Extent * sigma * sampleRate));
        int taps = (2 * HalfLength) + 1;
        var window = new double[taps];
        double windowSum = 0;
        double cosineSum = 0;
        for (int k = 0; k < taps; k++)
        {
            double time = (k - HalfLength) / sampleRate;
            window[k] = Math.Exp(-time * time / (2 * sigma * sigma));
            windowSum += window[k];
            cosineSum += window[k] * Math.Cos(2 * Math.PI * frequency * time);
        }
        _real = new float[taps];
        _imaginary = new float[taps];
        for (int k = 0; k < taps; k++)
        {
            double angle = 2 * Math.PI * frequency * (k - HalfLength) / sampleRate;
            _real[k] = (float)(2 / windowSum * window[k] * (Math.Cos(angle) - (cosineSum / windowSum)));
            _imaginary[k] = (float)(2 / windowSum * window[k] * Math.Sin(angle));
        }
    }

    /// <summary>Samples on both sides of the centre.</summary>
    public int HalfLength { get; }

    /// <summary>The modulus at sample <paramref name="centre"/> of <paramref name="samples"/>, which holds its surroundings.</summary>
    public float Modulus(SampleHistory samples, long centre)
    {
        ReadOnlySpan<float> span = samples.Span(centre - HalfLength, _real.Length);
        float real = Dot(span, _real);
        float imaginary = Dot(span, _imaginary);
        return MathF.Sqrt((real * real) + (imaginary * imaginary));
    }

    /// <summary>Always in the same order, so that every processor finds the same beats.</summary>
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float sum0 = 0;
        float sum1 = 0;
        float sum2 = 0;
        float sum3 = 0;
        int i = 0;
        for (; i + 4 <= b.Length; i += 4)
        {
            sum0 += a[i] * b[i];
            sum1 += a[i + 1] * b[i + 1];
            sum2 += a[i + 2] * b[i + 2];
            sum3 += a[i + 3] * b[i + 3];
        }
        for (; i < b.Length; i++)
        {
            sum0 += a[i] * b[i];
        }
        return sum0 + sum1 + (sum2 + sum3);
    }
}
