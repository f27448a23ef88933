using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Tensors;

namespace Edge.Convert.Quantize;

/// <summary>Means and largest magnitudes of the channels (axis 1) of a value over samples: the one corrects biases, the other equalizes.</summary>
internal sealed class ChannelStatistics
{
    private double[] _sums = [];
    private long _count;

    /// <summary>Whether anything was added.</summary>
    public bool IsKnown => _count > 0;

    public double[] Means => [.. _sums.Select(s => s / _count)];

    /// <summary>Largest magnitude of each channel; NaN where a value is.</summary>
    public double[] Largest { get; private set; } = [];

    /// <param name="tensor">float32, [N, channels, ...], of the same channels each time.</param>
    /// <param name="magnitudes">Whether <see cref="Largest"/> is to take part.</param>
    public void Add(Tensor tensor, bool magnitudes)
    {
        int channels = tensor.Shape[1];
        if (_sums.Length == 0)
        {
            (_sums, Largest) = (new double[channels], new double[channels]);
        }
        int positions = checked((int)tensor.Shape.CountRange(2, tensor.Shape.Rank));
        ReadOnlySpan<float> values = tensor.Span<float>();
        int rows = tensor.Shape[0] * channels;
        int row = 0;
        for (; row <= rows - 4; row += 4)
        {
            AddFour(values.Slice(row * positions, 4 * positions), row, positions);
        }
        for (; row < rows; row++)
        {
            double sum = 0;
            foreach (float value in values.Slice(row * positions, positions))
            {
                sum += value;
            }
            _sums[row % channels] += sum;
        }
        _count += (long)tensor.Shape[0] * positions;
        for (row = 0; magnitudes && row < rows; row++)
        {
            Largest[row % channels] = Math.Max(Largest[row % channels], LargestOf(values.Slice(row * positions, positions)));
        }
    }

    /// <summary>Each sum is added up in order, and so has the same bits everywhere; four of them at once do not wait for each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddFour(ReadOnlySpan<float> values, int row, int positions)
    {
        ReadOnlySpan<float> a = values[..positions];
        ReadOnlySpan<float> b = values.Slice(positions, positions);
        ReadOnlySpan<float> c = values.Slice(2 * positions, positions);
        ReadOnlySpan<float> d = values.Slice(3 * positions, positions);
        (double sumA, double sumB, double sumC, double sumD) = (0, 0, 0, 0);
        for (int i = 0; i < a.Length; i++)
        {
            sumA += a[i];
            sumB += b[i];
            sumC += c[i];
            sumD += d[i];
        }
        _sums[row % _sums.Length] += sumA;
        _sums[(row + 1) % _sums.Length] += sumB;
        _sums[(row + 2) % _sums.Length] += sumC;
        _sums[(row + 3) % _sums.Length] += sumD;
    }

    private static double LargestOf(ReadOnlySpan<float> values)
    {
        double largest = 0;
        int i = 0;
        if (values.Length >= Vector256<float>.Count)
        {
            Vector256<float> most = Vector256<float>.Zero;
            for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                most = Vector256.Max(most, Vector256.Abs(Vector256.Create(values[i..])));
            }
            for (int lane = 0; lane < Vector256<float>.Count; lane++)
            {
                largest = Math.Max(largest, most[lane]);
            }
        }
        for (; i < values.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(values[i]));
        }
        return largest;
    }
}
