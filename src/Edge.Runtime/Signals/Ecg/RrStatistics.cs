namespace Edge.Runtime.Signals.Ecg;

/// <summary>Heart rate variability over the intervals that <see cref="RrStatistics"/> keeps; times in milliseconds.</summary>
/// <param name="Intervals">Accepted normal intervals.</param>
/// <param name="Rejected">Intervals that were no normal ones: artefacts, ectopic beats.</param>
/// <param name="MeanHeartRate">60000 / mean interval, in beats per minute; NaN without intervals.</param>
/// <param name="Sdnn">Standard deviation of the intervals (n - 1); NaN below 2.</param>
/// <param name="Rmssd">Root mean square of the differences of successive intervals; NaN without a pair.</param>
/// <param name="Pnn50">Part of these differences beyond 50 ms, 0 to 1; NaN without a pair.</param>
public readonly record struct HeartRateVariability(int Intervals, int Rejected, double MeanHeartRate, double Sdnn, double Rmssd, double Pnn50);

/// <summary>
/// RR intervals of a stream of beats: current heart rate and variability (Task Force of the ESC and NASPE, 1996). An interval
/// counts as normal if it is from 0.3 to 2 s and within 20 % of the median of the nine before it; an interval across a gap is
/// none. Allocates nothing per beat.
/// </summary>
public sealed class RrStatistics
{
    private const double Shortest = 0.3;
    private const double Longest = 2;
    private const double Tolerance = 0.2;
    private const int MedianLength = 9;

    private const double Pnn = 50;

    private readonly double[] _accepted;
    private readonly bool[] _follows;
    private readonly double[] _recent = new double[MedianLength];
    private readonly double[] _sorted = new double[MedianLength];
    private readonly double _sampleRate;
    private long _total;
    private int _recentCount;
    private int _rejected;
    private long? _last;
    private bool _lastAccepted;

    /// <param name="sampleRate">Of the beats' samples.</param>
    /// <param name="capacity">Newest accepted intervals that are kept; 512 are about 5 minutes or more.</param>
    public RrStatistics(double sampleRate, int capacity = 512)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleRate);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2);
        _sampleRate = sampleRate;
        _accepted = new double[capacity];
        _follows = new bool[capacity];
    }

    /// <summary>Says that samples are missing: the interval that is running is lost.</summary>
    public void AddGap()
    {
        _last = null;
        _lastAccepted = false;
    }

    /// <summary>Adds a beat, later than all before.</summary>
    public void AddBeat(long sample)
    {
        if (_last is { } last)
        {
            AddInterval((sample - last) / _sampleRate);
        }
        _last = sample;
    }

    /// <summary>Heart rate in beats per minute: of the median of the last intervals; null where the last beat is more than 3 s ago or there are less than 2 intervals.</summary>
    /// <param name="now">The current sample.</param>
    public double? HeartRate(long now)
    {
        const double Silence = 3;
        return _last is { } last && (now - last) / _sampleRate <= Silence && _recentCount >= 2 ? 60 / Median() : null;
    }

    public HeartRateVariability Summary()
    {
        int count = (int)Math.Min(_total, _accepted.Length);
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += _accepted[i];
        }
        double mean = sum / count;
        double squares = 0;
        double differences = 0;
        int pairs = 0;
        int beyond = 0;
        for (long k = _total - count; k < _total; k++)
        {
            int at = (int)(k % _accepted.Length);
            squares += (_accepted[at] - mean) * (_accepted[at] - mean);
            if (_follows[at] && k > _total - count)
            {
                double difference = (_accepted[at] - _accepted[(int)((k - 1) % _accepted.Length)]) * 1000;
                differences += difference * difference;
                // The intervals are multiples of a sample: 50 ms exactly must not become more by rounding.
                beyond += Math.Abs(difference) > Pnn + 1e-6 ? 1 : 0;
                pairs++;
            }
        }
        return new HeartRateVariability(
            count,
            _rejected,
            60 / mean,
            count > 1 ? Math.Sqrt(squares / (count - 1)) * 1000 : double.NaN,
            Math.Sqrt(differences / pairs),
            (double)beyond / pairs);
    }

    private void AddInterval(double seconds)
    {
        bool possible = seconds is >= Shortest and <= Longest;
        bool usual = possible && (_recentCount < 3 || Math.Abs(seconds - Median()) <= Tolerance * Median());
        if (possible)
        {
            _recent.AsSpan(0, MedianLength - 1).CopyTo(_recent.AsSpan(1));
            _recent[0] = seconds;
            _recentCount = Math.Min(_recentCount + 1, MedianLength);
        }
        if (usual)
        {
            int at = (int)(_total % _accepted.Length);
            _accepted[at] = seconds;
            _follows[at] = _lastAccepted;
            _total++;
        }
        else
        {
            _rejected++;
        }
        _lastAccepted = usual;
    }

    private double Median()
    {
        Span<double> sorted = _sorted.AsSpan(0, _recentCount);
        _recent.AsSpan(0, _recentCount).CopyTo(sorted);
        sorted.Sort();
        int middle = _recentCount / 2;
        return _recentCount % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
