using Edge.Kernels.Tensors;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>
/// Weights as integers of 4 or 8 bits with a float16 scale for each group of adjacent elements of a row (docs/quantization.md): for each
/// group the scale with the least squared error among a few around largest / greatest integer.
/// </summary>
internal static class GroupQuantizer
{
    /// <summary>The largest scale of a tensor in units, so that small ones are not denormal in float16.</summary>
    private const float LargestScale = 1024;

    /// <summary>Scales that are tried: largest / (greatest integer + step * i).</summary>
    private const int Candidates = 9;

    private const double CandidateStep = 0.25;

    /// <param name="weights">f32 of at least one dimension, not empty.</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="group">Elements that share a scale, at least 1.</param>
    /// <returns>The operator that makes the weights again, and its inputs.</returns>
    public static (GroupDequantize Operator, Tensor Integers, Tensor Scales) Quantize(Tensor weights, int bits, int group)
    {
        ReadOnlySpan<float> source = weights.Span<float>();
        int rows = weights.Shape[0];
        int row = source.Length / rows;
        int rowGroups = (row + group - 1) / group;
        int rowBytes = bits == 8 ? row : (row + 1) / 2;
        float unit = UnitOf(source, bits);
        Tensor integers = Tensor.Allocate(DataType.U8, new Shape(rows, rowBytes));
        Tensor scales = Tensor.Allocate(DataType.F16, new Shape(rows, rowGroups));
        Span<Half> scale = scales.Span<Half>();
        Span<int> q = new int[row];
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<float> values = source.Slice(r * row, row);
            for (int g = 0; g < rowGroups; g++)
            {
                int first = g * group;
                int count = Math.Min(group, row - first);
                scale[(r * rowGroups) + g] = Choose(values.Slice(first, count), q.Slice(first, count), bits, unit);
            }
            Pack(q, integers.Span<byte>().Slice(r * rowBytes, rowBytes), bits);
        }
        return (new GroupDequantize { Dims = weights.Shape.ToArray(), Bits = bits, Group = group, Unit = unit }, integers, scales);
    }

    private static float UnitOf(ReadOnlySpan<float> weights, int bits)
    {
        float largest = 0;
        foreach (float weight in weights)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }
        float unit = largest / ((1 << (bits - 1)) - 1) / LargestScale;
        return float.IsNormal(unit) ? unit : 1;
    }

    /// <summary>The scale of a group, and its integers.</summary>
    private static Half Choose(ReadOnlySpan<float> values, Span<int> q, int bits, float unit)
    {
        int high = (1 << (bits - 1)) - 1;
        double largest = 0;
        foreach (float value in values)
        {
            largest = Math.Max(largest, Math.Abs((double)value));
        }
        Half best = Half.Zero;
        double least = double.PositiveInfinity;
        for (int i = 0; i < Candidates; i++)
        {
            var scale = (Half)(largest / (high + (i * CandidateStep)) / unit);
            double error = Round(values, q, (float)scale * unit, high);
            if (error < least)
            {
                (best, least) = (scale, error);
            }
        }
        Round(values, q, (float)best * unit, high);
        return best;
    }

    /// <summary>The nearest integers in [-high - 1, high].</summary>
    /// <returns>The sum of squared errors.</returns>
    private static double Round(ReadOnlySpan<float> values, Span<int> q, float scale, int high)
    {
        double sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            q[i] = scale == 0 ? 0 : (int)Math.Clamp(Math.Round((double)values[i] / scale, MidpointRounding.ToEven), -high - 1, high);
            double error = values[i] - ((double)q[i] * scale);
            sum += error * error;
        }
        return sum;
    }

    private static void Pack(ReadOnlySpan<int> q, Span<byte> target, int bits)
    {
        target.Clear();
        for (int i = 0; i < q.Length; i++)
        {
            if (bits == 8)
            {
                target[i] = (byte)q[i];
            }
            else
            {
                target[i / 2] |= (byte)((q[i] & 15) << (i % 2 * 4));
            }
        }
    }
}
