using Edge.Convert.Quantize;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Convert.Tests.Quantize;

/// <summary>What calibration computes several values at a time has the bits of the plain loops.</summary>
public class CalibrationArithmeticTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(16384)]
    [InlineData(50003)]
    public void CountsAreThoseOfOneValueAfterAnother(int count)
    {
        float[] values = Values(count, 3);
        values[7] = 0;
        var range = new ValueRange();
        Assert.True(range.Widen(values.AsSpan(0, count / 2)));
        range.Count(values);
        var expected = new long[ValueRange.Bins];
        double scale = ValueRange.Bins / ((double)range.Max - range.Min);
        foreach (float value in values)
        {
            expected[Math.Clamp((int)((value - range.Min) * scale), 0, ValueRange.Bins - 1)]++;
        }
        Assert.Equal(expected, range.Histogram);
    }

    [Theory]
    [InlineData(1, 3, 5)]
    [InlineData(2, 6, 17)]
    [InlineData(3, 1, 9)]
    [InlineData(5, 7, 1)]
    public void ChannelsAreAddedUpInOrder(int batch, int channels, int positions)
    {
        Tensor tensor = Tensor.From<float>(new Shape(batch, channels, positions), Values(batch * channels * positions, 4));
        var statistics = new ChannelStatistics();
        statistics.Add(tensor, magnitudes: true);
        (double[] sums, double[] largest) = (new double[channels], new double[channels]);
        float[] values = tensor.ToArray<float>();
        for (int row = 0; row < batch * channels; row++)
        {
            double sum = 0;
            foreach (float value in values.AsSpan(row * positions, positions))
            {
                sum += value;
                largest[row % channels] = Math.Max(largest[row % channels], Math.Abs(value));
            }
            sums[row % channels] += sum;
        }
        Assert.Equal(sums.Select(s => s / (batch * positions)), statistics.Means);
        Assert.Equal(largest, statistics.Largest);
        statistics.Add(tensor, magnitudes: false);
        Assert.Equal(largest, statistics.Largest);
    }

    /// <summary>Also where weights lie on ties: 127 steps of the largest, and halves of them.</summary>
    [Theory]
    [InlineData(9)]
    [InlineData(1500)]
    [InlineData(4101)]
    public void TheScaleIsTheOneWithTheLeastError(int count)
    {
        float[] normal = Values(count, 5);
        float[] ties = [.. Enumerable.Range(0, count).Select(i => (((i * 37) % 255) - 127) / 2f).Append(127)];
        foreach (float[] weights in new[] { normal, ties })
        {
            (float best, double least) = (0, double.PositiveInfinity);
            for (int i = 0; i <= 25; i++)
            {
                float scale = weights.Max(Math.Abs) * (1 - (i * 0.02f)) / 127;
                double error = Error(weights, scale);
                (best, least) = error < least ? (scale, error) : (best, least);
            }
            Assert.Equal(best, WeightQuantizer.ChooseScale(weights));
        }
    }

    [Fact]
    public void RoundedWeightsCorrectTheBias()
    {
        float[] weights = Values(2 * 3 * 4, 6);
        float[] scales = [0.01f, 0.02f];
        double[] means = [0.5, -1, 2];
        RoundedWeights rounded = RoundedWeights.Of(new Shape(2, 3, 4), weights, [1, 2], scales, -127, means, 1, 3);
        sbyte[] integers = rounded.Integers.ToArray<sbyte>();
        for (int m = 0; m < 2; m++)
        {
            double bias = m + 1;
            for (int i = 0; i < 12; i++)
            {
                Assert.Equal(WeightQuantizer.Quantize(weights[(m * 12) + i], scales[m]), integers[(m * 12) + i]);
                bias -= ((integers[(m * 12) + i] * (double)scales[m]) - weights[(m * 12) + i]) * means[i / 4];
            }
            Assert.Equal(bias, rounded.Biases[m]);
        }
        Assert.True(rounded.Fits([0.01f, 0.02f]));
        Assert.False(rounded.Fits([0.01f, 0.03f]));
    }

    private static double Error(float[] weights, float scale)
    {
        var sums = new double[4];
        int i = 0;
        for (; i <= weights.Length - 4; i += 4)
        {
            for (int lane = 0; lane < 4; lane++)
            {
                double difference = weights[i + lane] - (WeightQuantizer.Quantize(weights[i + lane], scale) * (double)scale);
                sums[lane] += difference * difference;
            }
        }
        double error = System.Runtime.Intrinsics.Vector256.Sum(System.Runtime.Intrinsics.Vector256.Create(sums));
        for (; i < weights.Length; i++)
        {
            double difference = weights[i] - (WeightQuantizer.Quantize(weights[i], scale) * (double)scale);
            error += difference * difference;
        }
        return error;
    }

    private static float[] Values(int count, int seed) => QuantModels.Normal(new Shape(count), seed, 1).ToArray<float>();
}
