using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Edge.Kernels.Quantization;

/// <summary>Weights of one output channel as integers in [-127, 127].</summary>
public static class WeightQuantizer
{
    /// <summary>The scale with the least mean squared error, among those that clip none to half of the range.</summary>
    public static float ChooseScale(ReadOnlySpan<float> weights)
    {
        float largest = 0;
        foreach (float weight in weights)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }
        if (largest == 0)
        {
            return 0;
        }
        float best = largest / 127;
        double least = double.PositiveInfinity;
        for (int i = 0; i <= 25; i++)
        {
            float scale = largest * (1 - (i * 0.02f)) / 127;
            double error = Error(weights, scale, least);
            if (error < least)
            {
                (least, best) = (error, scale);
            }
        }
        return best;
    }

    /// <summary>Round(weight / scale), ties to even, clamped.</summary>
    /// <param name="low">-128 for weights that were quantized elsewhere.</param>
    public static sbyte Quantize(float weight, float scale, int low = -127) =>
        (sbyte)Math.Clamp(Math.Round((double)weight / scale, MidpointRounding.ToEven), low, 127);

    /// <summary>Sum of squared differences: four at a time in an order that is the same on every machine. Gives up where it reaches <paramref name="limit"/>: sums only grow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Error(ReadOnlySpan<float> weights, float scale, double limit)
    {
        Vector256<double> sums = Vector256<double>.Zero;
        int i = 0;
        while (i <= weights.Length - 4)
        {
            int end = Math.Min(weights.Length - 3, i + 1024);
            for (; i < end; i += 4)
            {
                Vector256<double> difference = Difference(Vector128.Create(weights[i..]), scale);
                sums += difference * difference;
            }
            if (Vector256.Sum(sums) >= limit)
            {
                return double.PositiveInfinity;
            }
        }
        double error = Vector256.Sum(sums);
        for (; i < weights.Length; i++)
        {
            double difference = weights[i] - (Quantize(weights[i], scale) * (double)scale);
            error += difference * difference;
        }
        return error;
    }

    /// <summary>
    /// What rounding changes. The quotient is taken as a product, which is several times as fast and at most a few units in its last place off: that
    /// matters next to a tie only, where it is divided.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Difference(Vector128<float> values, float scale)
    {
        Vector256<double> step = Vector256.Create((double)scale);
        Vector256<double> largest = Vector256.Create(127.0);
        (Vector128<double> low, Vector128<double> high) = Vector128.Widen(values);
        Vector256<double> weight = Vector256.Create(low, high);
        Vector256<double> quotient = weight * Vector256.Create(1 / (double)scale);
        Vector256<double> rounded = Vector256.Round(quotient);
        if (Vector256.GreaterThanAny(Vector256.Abs(quotient - rounded), Vector256.Create(0.5 - 1e-9)))
        {
            rounded = Vector256.Round(weight / step);
        }
        return weight - (Vector256.Min(Vector256.Max(rounded, -largest), largest) * step);
    }
}
