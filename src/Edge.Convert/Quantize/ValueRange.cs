using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Edge.Convert.Quantize;

/// <summary>What calibration observed of one value, or of several that share a scheme.</summary>
internal sealed class ValueRange
{
    /// <summary>Bins of the histogram.</summary>
    public const int Bins = 2048;

    /// <summary>From so many values on tables of counts are worth the time to clear and add them.</summary>
    private const int WorthTables = 1 << 14;

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
        int i = values.Length >= WorthTables ? CountInTables(values, scale) : 0;
        for (; i < values.Length; i++)
        {
            int bin = (int)((values[i] - Min) * scale);
            Histogram[(uint)bin < Bins ? bin : bin < 0 ? 0 : Bins - 1]++;
        }
    }

    /// <summary>The same for most of many values: neighbours, which often fall into the same bin, count in tables of their own, and need not wait for each other.</summary>
    /// <returns>How many values are counted.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int CountInTables(ReadOnlySpan<float> values, double scale)
    {
        const int Tables = 4;
        // The lowest bits of a number plus 2^52 are its integer.
        Vector256<double> magic = Vector256.Create((double)(1L << 52));
        Vector256<double> last = Vector256.Create(Bins - 1.0);
        Vector256<double> scales = Vector256.Create(scale);
        Vector128<float> least = Vector128.Create(Min);
        Span<int> counts = new int[Tables * Bins];
        int i = 0;
        for (; i <= values.Length - Tables; i += Tables)
        {
            (Vector128<double> low, Vector128<double> high) = Vector128.Widen(Vector128.Create(values[i..]) - least);
            Vector256<double> place = Vector256.Floor(Vector256.Min(Vector256.Max(Vector256.Create(low, high) * scales, Vector256<double>.Zero), last));
            Vector256<long> bins = (place + magic).AsInt64() & Vector256.Create((long)Bins - 1);
            counts[(int)bins[0]]++;
            counts[(int)bins[1] + Bins]++;
            counts[(int)bins[2] + (2 * Bins)]++;
            counts[(int)bins[3] + (3 * Bins)]++;
        }
        for (int bin = 0; bin < Bins; bin++)
        {
            Histogram[bin] += (long)counts[bin] + counts[bin + Bins] + counts[bin + (2 * Bins)] + counts[bin + (3 * Bins)];
        }
        return i;
    }

    /// <summary>The middle of a bin.</summary>
    public double Middle(int bin) => Min + ((bin + 0.5) * BinWidth);
}
