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
            double error = Error(weights, scale);
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

    /// <summary>Sum of squared differences: four at a time in an order that is the same on every machine.</summary>
    private static double Error(ReadOnlySpan<float> weights, float scale)
    {
        Vector256<double> step = Vector256.Create((double)scale);
        Vector256<double> largest = Vector256.Create(127.0);
        Vector256<double> sums = Vector256<double>.Zero;
        int i = 0;
        for (; i <= weights.Length - 4; i += 4)
        {
            Vector256<double> weight = Vector256.Create((double)weights[i], weights[i + 1], weights[i + 2], weights[i + 3]);
            Vector256<double> rounded = Vector256.Round(weight / step);
            Vector256<double> difference = weight - (Vector256.Min(Vector256.Max(rounded, -largest), largest) * step);
            sums += difference * difference;
        }
        double error = Vector256.Sum(sums);
        for (; i < weights.Length; i++)
        {
            double difference = weights[i] - (Quantize(weights[i], scale) * (double)scale);
            error += difference * difference;
        }
        return error;
    }
}
