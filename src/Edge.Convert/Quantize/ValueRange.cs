using System.Runtime.Intrinsics;

namespace Edge.Convert.Quantize;

/// <summary>What calibration observed of one value, or of several that share a scheme.</summary>
internal sealed class ValueRange
{
    /// <summary>Bins of the histogram.</summary>
    public const int Bins = 2048;

    private double _lowSum;
    private double _highSum;
    private int _samples;

    public float Min { get; private set; } = float.PositiveInfinity;

    public float Max { get; private set; } = float.NegativeInfinity;

    /// <summary>Means over the samples of least and greatest value.</summary>
    public (double Low, double High) Averages => _samples == 0 ? (0, 0) : (_lowSum / _samples, _highSum / _samples);

    /// <summary>Counts of equally wide bins from <see cref="Min"/> to <see cref="Max"/>.</summary>
    public long[] Histogram { get; } = new long[Bins];

    /// <summary>What a function that alone reads the values makes of the middle of each bin; null where others read them too.</summary>
    public double[]? Function { get; set; }

    public double BinWidth => ((double)Max - Min) / Bins;

    /// <summary>Widens the range to the values of a sample.</summary>
    /// <returns>False where a value is not finite.</returns>
    public bool Widen(ReadOnlySpan<float> values)
    {
        (float low, float high) = (float.PositiveInfinity, float.NegativeInfinity);
        int i = 0;
        if (values.Length >= Vector256<float>.Count)
        {
            (Vector256<float> lows, Vector256<float> highs, Vector256<float> zeros) = (Vector256.Create(low), Vector256.Create(high), Vector256<float>.Zero);
            for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256<float> v = Vector256.Create(values[i..]);
                lows = Vector256.Min(lows, v);
                highs = Vector256.Max(highs, v);
                // 0 times what is not finite is not a number, and stays that.
                zeros += v * Vector256<float>.Zero;
            }
            if (!Vector256.EqualsAll(zeros, Vector256<float>.Zero))
            {
                return false;
            }
            for (int lane = 0; lane < Vector256<float>.Count; lane++)
            {
                (low, high) = (Math.Min(low, lows[lane]), Math.Max(high, highs[lane]));
            }
        }
        for (; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return false;
            }
            (low, high) = (Math.Min(low, values[i]), Math.Max(high, values[i]));
        }
        Min = Math.Min(Min, low);
        Max = Math.Max(Max, high);
        _lowSum += low;
        _highSum += high;
        _samples++;
        return true;
    }

    /// <summary>Counts values, after all have widened the range.</summary>
    public void Count(ReadOnlySpan<float> values)
    {
        double scale = Max > Min ? Bins / ((double)Max - Min) : 0;
        foreach (float value in values)
        {
            int bin = (int)((value - Min) * scale);
            Histogram[(uint)bin < Bins ? bin : bin < 0 ? 0 : Bins - 1]++;
        }
    }

    /// <summary>The middle of a bin.</summary>
    public double Middle(int bin) => Min + ((bin + 0.5) * BinWidth);

    /// <summary>The function's result for any x, interpolated between the middles of bins.</summary>
    public double Result(double x)
    {
        double place = BinWidth > 0 ? Math.Clamp(((x - Min) / BinWidth) - 0.5, 0, Bins - 1) : 0;
        int bin = Math.Min((int)place, Bins - 2);
        return Function![bin] + ((place - bin) * (Function[bin + 1] - Function[bin]));
    }
}
