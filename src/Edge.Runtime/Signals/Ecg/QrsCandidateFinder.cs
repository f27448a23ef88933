namespace Edge.Runtime.Signals.Ecg;

/// <summary>
/// Finds waves with the frequencies of a QRS complex: local maxima of a Gabor filter's modulus. Streaming: the sample that comes
/// in decides about the one <see cref="Delay"/> samples before it.
/// </summary>
internal sealed class QrsCandidateFinder
{
    private readonly GaborFilter _filter;
    private readonly GaborFilter _sharpFilter;
    private readonly SampleHistory _levels;
    private readonly SampleHistory _sharp;
    private readonly int _separation;
    private readonly int _reach;
    private readonly int _filterDelay;
    private readonly float _leastLevel;

    public QrsCandidateFinder(QrsSettings settings, double sampleRate)
    {
        _filter = new GaborFilter(settings.Frequency, settings.Sigma, sampleRate);
        _sharpFilter = new GaborFilter(settings.SharpFrequency, settings.SharpSigma, sampleRate);
        _separation = Math.Max(1, (int)Math.Round(settings.Separation * sampleRate));
        _reach = Math.Min(_separation, (int)Math.Round(settings.SharpReach * sampleRate));
        _leastLevel = (float)settings.LeastLevel;
        _filterDelay = Math.Max(_filter.HalfLength, _sharpFilter.HalfLength);
        Delay = _filterDelay + _separation;
        _levels = new SampleHistory((2 * _separation) + 1);
        _sharp = new SampleHistory((2 * _separation) + 1);
    }

    /// <summary>Samples after a wave's middle that are needed to know it.</summary>
    public int Delay { get; }

    /// <summary>Samples before and after a wave's middle that its level depends on.</summary>
    public int Reach => _filterDelay;

    /// <summary>Takes the newest sample of <paramref name="samples"/> into account.</summary>
    /// <param name="samples">Without missing ones; keeps at least 2 * <see cref="Reach"/> + 1 samples.</param>
    /// <param name="newest">The newest of them.</param>
    /// <returns>Whether the wave in the middle is a candidate.</returns>
    public bool Next(SampleHistory samples, long newest, out QrsCandidate candidate)
    {
        candidate = default;
        long centre = newest - _filterDelay;
        bool known = centre >= _filterDelay;
        _levels.Append(known ? _filter.Modulus(samples, centre) : 0);
        _sharp.Append(known ? _sharpFilter.Modulus(samples, centre) : 0);
        if (_levels.Count <= 2 * _separation)
        {
            return false;
        }
        ReadOnlySpan<float> levels = _levels.Span(_levels.Count - 1 - (2 * _separation), (2 * _separation) + 1);
        float level = levels[_separation];
        if (level < _leastLevel || !IsHighest(levels, level))
        {
            return false;
        }
        ReadOnlySpan<float> sharp = _sharp.Span(_sharp.Count - 1 - _separation - _reach, (2 * _reach) + 1);
        float sharpest = 0;
        foreach (float value in sharp)
        {
            sharpest = Math.Max(sharpest, value);
        }
        candidate = new QrsCandidate(newest - Delay, Math.Log(level), Math.Log(Math.Max(sharpest, 1e-6f)));
        return true;
    }

    /// <summary>Of equal levels the first is the highest.</summary>
    private bool IsHighest(ReadOnlySpan<float> levels, float level)
    {
        for (int k = 1; k <= _separation; k++)
        {
            if (levels[_separation - k] >= level || levels[_separation + k] > level)
            {
                return false;
            }
        }
        return true;
    }
}
