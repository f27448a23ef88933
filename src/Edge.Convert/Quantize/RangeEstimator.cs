using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Edge.Convert.Quantize;

/// <summary>A range to be represented, why, and how well that goes.</summary>
/// <param name="Snr">Ratio of signal to quantization noise over the histogram, in decibels.</param>
internal readonly record struct ChosenRange(double Low, double High, RangeMethod Method, double Snr);

/// <summary>Finds the range that 256 (or 128) integers had best stand for. All ranges contain 0.</summary>
internal static class RangeEstimator
{
    private const double PercentileTail = 1e-4;

    /// <summary>Hundredths of an end that <see cref="RangeMethod.Mse"/> tries to cut.</summary>
    private const int Cuts = 99;

    private static readonly RangeMethod[] All = [RangeMethod.MinMax, RangeMethod.MovingAverage, RangeMethod.Percentile, RangeMethod.Entropy, RangeMethod.Mse];

    /// <param name="steps">Integers in the range, less one: 255 or 127.</param>
    public static ChosenRange Choose(ValueRange range, RangeMethod method, int steps)
    {
        IEnumerable<RangeMethod> methods = method == RangeMethod.Best ? All : [method];
        return methods.Select(m => Estimate(range, m, steps)).MaxBy(r => r.Snr);
    }

    /// <summary>
    /// Signal to noise of a range: clipping beyond it, steps^2 / 12 within. Where a function alone reads the values (<see cref="ValueRange.Function"/>), signal
    /// and noise are those of its results: what Silu makes 0 of need not be told apart.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Snr(ValueRange range, double low, double high, int steps)
    {
        double step = Math.Max((high - low) / steps, 1e-30);
        double width = range.BinWidth;
        double rounding = step * step / 12;
        long[] histogram = range.Histogram;
        double[]? function = range.Function;
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < histogram.Length; i++)
        {
            if (histogram[i] == 0)
            {
                continue;
            }
            double x = range.Min + ((i + 0.5) * width);
            if (function is not null)
            {
                signal += histogram[i] * function[i] * function[i];
                noise += histogram[i] * ErrorBehind(range.Min, width, function, i, step, low, high);
                continue;
            }
            double beyond = x - Math.Clamp(x, low, high);
            signal += histogram[i] * x * x;
            // 0 is always represented exactly.
            bool isZero = range.Min <= 0 && Math.Abs(x) <= width / 2;
            noise += histogram[i] * ((beyond * beyond) + (isZero ? 0 : rounding));
        }
        return noise == 0 ? 200 : 10 * Math.Log10(Math.Max(signal, 1e-30) / noise);
    }

    /// <summary>
    /// Mean squared error of a function's result where x, the middle of a bin, is rounded to steps and clipped: over four errors that are spread over a step. Results
    /// are interpolated between the middles of bins.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double ErrorBehind(double min, double width, double[] function, int bin, double step, double low, double high)
    {
        Vector256<double> x = Vector256.Create(min + ((bin + 0.5) * width));
        Vector256<double> rounded = x + (Vector256.Create(-3 / 8.0, -1 / 8.0, 1 / 8.0, 3 / 8.0) * Vector256.Create(step));
        rounded = Vector256.Min(Vector256.Max(rounded, Vector256.Create(low)), Vector256.Create(high));
        Vector256<double> places = width > 0
            ? Vector256.Min(Vector256.Max(((rounded - Vector256.Create(min)) / Vector256.Create(width)) - Vector256.Create(0.5), Vector256<double>.Zero), Vector256.Create(ValueRange.Bins - 1.0))
            : Vector256<double>.Zero;
        double sum = 0;
        for (int i = 0; i < Vector256<double>.Count; i++)
        {
            double place = places[i];
            int at = Math.Min((int)place, ValueRange.Bins - 2);
            double error = function[at] + ((place - at) * (function[at + 1] - function[at])) - function[bin];
            sum += error * error;
        }
        return sum / 4;
    }

    private static ChosenRange Estimate(ValueRange range, RangeMethod method, int steps)
    {
        (double low, double high) = method switch
        {
            RangeMethod.MovingAverage => range.Averages,
            RangeMethod.Percentile => Percentile(range),
            RangeMethod.Entropy => Entropy(range, steps),
            RangeMethod.Mse => LeastError(range, steps),
            _ => (range.Min, range.Max),
        };
        low = Math.Min(low, 0);
        high = Math.Max(high, 0);
        if (high - low < 1e-12)
        {
            high = low + 1e-6;
        }
        return new ChosenRange(low, high, method, Snr(range, low, high, steps));
    }

    private static (double Low, double High) Percentile(ValueRange range)
    {
        long total = range.Histogram.Sum();
        long tail = (long)(total * PercentileTail);
        int first = 0;
        for (long seen = range.Histogram[0]; seen <= tail && first < ValueRange.Bins - 1; seen += range.Histogram[first])
        {
            first++;
        }
        int last = ValueRange.Bins - 1;
        for (long seen = range.Histogram[last]; seen <= tail && last > first; seen += range.Histogram[last])
        {
            last--;
        }
        return (first == 0 ? range.Min : range.Min + (first * range.BinWidth), last == ValueRange.Bins - 1 ? range.Max : range.Min + ((last + 1) * range.BinWidth));
    }

    /// <summary>Shrinks both ends in turn as long as the mean squared error falls.</summary>
    private static (double Low, double High) LeastError(ValueRange range, int steps)
    {
        double low = Math.Min(range.Min, 0f);
        double high = Math.Max(range.Max, 0f);
        for (int round = 0; round < 2; round++)
        {
            double keptLow = low;
            high = Enumerable.Range(0, Cuts).Select(i => high * (1 - (i / 100.0))).MaxBy(h => Snr(range, keptLow, h, steps));
            double keptHigh = high;
            low = Enumerable.Range(0, Cuts).Select(i => low * (1 - (i / 100.0))).MaxBy(l => Snr(range, l, keptHigh, steps));
        }
        return (low, high);
    }

    /// <summary>Cuts bins from the ends of greater magnitude while the divergence between the clipped distribution and its quantized form falls.</summary>
    private static (double Low, double High) Entropy(ValueRange range, int steps)
    {
        double best = double.PositiveInfinity;
        double factor = 1;
        for (int i = 0; i < 64; i++)
        {
            double candidate = 1 - (i * 0.0125);
            double divergence = Divergence(range, candidate, steps);
            if (divergence < best - 1e-12)
            {
                (best, factor) = (divergence, candidate);
            }
        }
        return (range.Min * factor, range.Max * factor);
    }

    private static double Divergence(ValueRange range, double factor, int steps)
    {
        int first = Math.Clamp((int)(((range.Min * factor) - range.Min) / Math.Max(range.BinWidth, 1e-30)), 0, ValueRange.Bins - 1);
        int last = Math.Clamp((int)(((range.Max * factor) - range.Min) / Math.Max(range.BinWidth, 1e-30)), first, ValueRange.Bins - 1);
        int count = last - first + 1;
        var reference = new double[count];
        for (int i = 0; i < ValueRange.Bins; i++)
        {
            reference[Math.Clamp(i - first, 0, count - 1)] += range.Histogram[i];
        }
        double total = reference.Sum();
        var quantized = new double[count];
        for (int level = 0; level <= steps; level++)
        {
            int from = (int)((long)count * level / (steps + 1));
            int to = (int)((long)count * (level + 1) / (steps + 1));
            double sum = 0;
            int filled = 0;
            for (int i = from; i < to; i++)
            {
                sum += range.Histogram[first + i];
                filled += reference[i] > 0 ? 1 : 0;
            }
            for (int i = from; i < to; i++)
            {
                quantized[i] = reference[i] > 0 && filled > 0 ? sum / filled : 0;
            }
        }
        double quantizedTotal = Math.Max(quantized.Sum(), 1e-30);
        double divergence = 0;
        for (int i = 0; i < count; i++)
        {
            if (reference[i] > 0)
            {
                double p = reference[i] / total;
                divergence += p * Math.Log(p / Math.Max(quantized[i] / quantizedTotal, 1e-12));
            }
        }
        return divergence;
    }
}
