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

    private static double Error(ReadOnlySpan<float> weights, float scale)
    {
        double error = 0;
        foreach (float weight in weights)
        {
            double difference = weight - (Quantize(weight, scale) * (double)scale);
            error += difference * difference;
        }
        return error;
    }
}
