namespace Edge.Runtime.Signals.Ecg;

/// <summary>Counts of a beat-by-beat comparison: reference class against test class, and what follows from them.</summary>
public sealed class BeatConfusion
{
    private readonly long[] _counts = new long[BeatClasses.Count * BeatClasses.Count];
    private double _squaredErrors;
    private long _intervals;

    /// <summary>Samples per second, for <see cref="IntervalError"/>.</summary>
    public double SampleRate { get; init; } = 1;

    public long this[BeatClass reference, BeatClass test] => _counts[((int)reference * BeatClasses.Count) + (int)test];

    /// <summary>Reference beats that were found, of any class.</summary>
    public long TruePositives => Sum(IsBeat, IsBeat);

    /// <summary>Reference beats that were missed.</summary>
    public long FalseNegatives => Sum(IsBeat, IsAbsent);

    /// <summary>Test beats where the reference has none.</summary>
    public long FalsePositives => Sum(IsAbsent, IsBeat);

    /// <summary>Se = TP / (TP + FN) of QRS detection, 0 to 1; NaN without reference beats.</summary>
    public double Sensitivity => Ratio(TruePositives, FalseNegatives);

    /// <summary>+P = TP / (TP + FP) of QRS detection, 0 to 1; NaN without test beats.</summary>
    public double PositivePredictivity => Ratio(TruePositives, FalsePositives);

    /// <summary>Root mean square difference of reference and test RR intervals, in milliseconds; NaN without intervals.</summary>
    public double IntervalError => Math.Sqrt(_squaredErrors / _intervals) * 1000 / SampleRate;

    /// <summary>
    /// Se and +P of one class. EC57 does not count a fusion or unclassifiable beat that was called ventricular, and no
    /// unclassifiable beat that was called supraventricular, as false positive.
    /// </summary>
    public (double Sensitivity, double PositivePredictivity) OfClass(BeatClass beat)
    {
        long found = this[beat, beat];
        long missed = Sum(r => r == beat, t => t != beat);
        long extra = Sum(r => r != beat && !IsExcused(r, beat), t => t == beat);
        return (Ratio(found, missed), Ratio(found, extra));
    }

    /// <summary>Adds the counts of another record: gross statistics.</summary>
    public void Add(BeatConfusion other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
        double scale = SampleRate / other.SampleRate;
        _squaredErrors += other._squaredErrors * scale * scale;
        _intervals += other._intervals;
    }

    internal void Add(BeatClass reference, BeatClass test) => _counts[((int)reference * BeatClasses.Count) + (int)test]++;

    /// <param name="error">In samples.</param>
    internal void AddIntervalError(long error)
    {
        _squaredErrors += (double)error * error;
        _intervals++;
    }

    private static bool IsBeat(BeatClass c) => c <= BeatClass.Unclassifiable;

    private static bool IsAbsent(BeatClass c) => c > BeatClass.Unclassifiable;

    private static bool IsExcused(BeatClass reference, BeatClass test) => test switch
    {
        BeatClass.Ventricular => reference is BeatClass.Fusion or BeatClass.Unclassifiable,
        BeatClass.Supraventricular => reference == BeatClass.Unclassifiable,
        _ => false,
    };

    private static double Ratio(long hits, long others) => hits + others == 0 ? double.NaN : (double)hits / (hits + others);

    private long Sum(Func<BeatClass, bool> reference, Func<BeatClass, bool> test)
    {
        long sum = 0;
        for (int r = 0; r < BeatClasses.Count; r++)
        {
            for (int t = 0; t < BeatClasses.Count; t++)
            {
                sum += reference((BeatClass)r) && test((BeatClass)t) ? _counts[(r * BeatClasses.Count) + t] : 0;
            }
        }
        return sum;
    }
}
