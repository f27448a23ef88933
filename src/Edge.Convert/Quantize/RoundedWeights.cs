using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Convert.Quantize;

/// <summary>
/// Weights of a convolution or product as integers, and its bias with what their rounding adds to the mean of each channel taken off. Large models are built several times
/// with other schemes for what lies between the same weights: plans of one calibration keep this by node (<see cref="SchemePlan.Rounded"/>).
/// </summary>
internal sealed class RoundedWeights
{
    private readonly float[] _scales;

    private RoundedWeights(Tensor integers, float[] scales, double[] biases)
    {
        Integers = integers;
        Biases = biases;
        _scales = scales;
    }

    /// <summary>s8, of the shape of the weights.</summary>
    public Tensor Integers { get; }

    /// <summary>Real biases, one per output channel.</summary>
    public double[] Biases { get; }

    /// <summary>Whether these are the integers for <paramref name="scales"/>.</summary>
    public bool Fits(float[] scales) => scales.AsSpan().SequenceEqual(_scales);

    /// <param name="shape">Of the weights; the first axis counts output channels.</param>
    /// <param name="weights">Row-major.</param>
    /// <param name="bias">One per output channel.</param>
    /// <param name="scales">One per output channel, all positive.</param>
    /// <param name="low">Least integer.</param>
    /// <param name="means">
    /// Mean of each input channel, where the bias is to be corrected (Nagel et al. 2019, section 4.2); else null. Output channel m reads those from m / (M / <paramref name="groups"/>) *
    /// <paramref name="inGroup"/> on.
    /// </param>
    public static RoundedWeights Of(Shape shape, float[] weights, float[] bias, float[] scales, int low, double[]? means, int groups, int inGroup)
    {
        int channels = shape[0];
        int row = weights.Length / Math.Max(1, channels);
        var integers = new sbyte[weights.Length];
        var biases = new double[channels];
        Parallel.For(0, channels, m =>
        {
            ReadOnlySpan<float> from = weights.AsSpan(m * row, row);
            Span<sbyte> to = integers.AsSpan(m * row, row);
            for (int i = 0; i < row; i++)
            {
                to[i] = WeightQuantizer.Quantize(from[i], scales[m], low);
            }
            biases[m] = means is null ? bias[m] : Correct(bias[m], from, to, scales[m], means.AsSpan(m / (channels / groups) * inGroup, inGroup));
        });
        return new RoundedWeights(Tensor.From<sbyte>(shape, integers), [.. scales], biases);
    }

    /// <summary>In the order of the weights, so that the sum has the same bits everywhere.</summary>
    private static double Correct(double bias, ReadOnlySpan<float> weights, ReadOnlySpan<sbyte> integers, double scale, ReadOnlySpan<double> means)
    {
        int taps = weights.Length / Math.Max(1, means.Length);
        int i = 0;
        foreach (double mean in means)
        {
            for (int end = i + taps; i < end; i++)
            {
                bias -= ((integers[i] * scale) - weights[i]) * mean;
            }
        }
        return bias;
    }
}
