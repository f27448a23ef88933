namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Finds the R peak of a QRS complex: the largest deflection from the local mean near the middle of the wave. Where a wide
/// complex has an upward and a downward peak, the upward one is preferred, as annotators do.
/// </summary>
internal sealed class RPeakLocator
{
    /// <summary>Seconds before and after the middle of the wave that are searched.</summary>
    private const double Before = 0.1;
    private const double After = 0.05;

    /// <summary>Seconds by which the distance of two peaks can be less than that of their waves.</summary>
    public const double Spread = Before + After;

    /// <summary>Half the time over which samples are averaged: before the search, and for the local mean. Searching raw samples would find notches.</summary>
    private const double Smoothing = 0.02;
    private const double Surroundings = 0.2;

    /// <summary>Weight of downward deflections.</summary>
    private const float DownwardWeight = 0.8f;

    /// <summary>Deflections lose weight with their distance from the middle: standard deviation in seconds.</summary>
    private const double Taper = 0.06;

    private readonly int _before;
    private readonly int _after;
    private readonly int _smoothing;
    private readonly int _surroundings;
    private readonly float[] _weights;

    public RPeakLocator(double sampleRate)
    {
        _before = (int)(Before * sampleRate);
        _after = (int)(After * sampleRate);
        _smoothing = (int)Math.Round(Smoothing * sampleRate);
        _surroundings = (int)(Surroundings * sampleRate);
        _weights = new float[_before + _after + 1];
        for (int k = 0; k < _weights.Length; k++)
        {
            double time = (k - _before) / sampleRate;
            _weights[k] = (float)Math.Exp(-time * time / (2 * Taper * Taper));
        }
    }

    /// <summary>Samples before the middle at which the peak can be.</summary>
    public int Earliest => _before;

    /// <summary>Samples before and after the middle that are looked at.</summary>
    public int Reach => Math.Max(_surroundings, _before + _smoothing);

    /// <param name="samples">Keeps <see cref="Reach"/> samples on both sides of <paramref name="middle"/>.</param>
    /// <returns>The sample of the peak, and its deflection from the local mean.</returns>
    public (long Sample, float Deflection) Locate(SampleHistory samples, long middle)
    {
        float mean = Mean(samples, middle, _surroundings);
        long peak = middle;
        float most = -1;
        for (int k = 0; k < _weights.Length; k++)
        {
            long at = middle - _before + k;
            float deflection = Mean(samples, at, _smoothing) - mean;
            float weighted = (deflection > 0 ? deflection : -deflection * DownwardWeight) * _weights[k];
            if (weighted > most)
            {
                most = weighted;
                peak = at;
            }
        }
        return (peak, samples[peak] - mean);
    }

    private static float Mean(SampleHistory samples, long centre, int half)
    {
        float sum = 0;
        foreach (float value in samples.Span(centre - half, (2 * half) + 1))
        {
            sum += value;
        }
        return sum / ((2 * half) + 1);
    }
}
