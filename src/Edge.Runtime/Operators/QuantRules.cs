using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Checks on scales and zero points that quantized operators share.</summary>
internal static class QuantRules
{
    /// <summary>
    /// Which scale belongs to which element of input 0. Without <paramref name="blockSize"/> the scales (input 1) are one for
    /// all, or a list with one for each position along <paramref name="axis"/>; with it they have the rank of input 0 and one
    /// entry for every <paramref name="blockSize"/> positions along the axis.
    /// </summary>
    /// <exception cref="EdgeException">The shape of the scales is another one.</exception>
    public static ScaleGrid Grid(in OperatorInputs inputs, int axis, int blockSize)
    {
        Shape x = inputs.Shape(0);
        Shape scales = inputs.Shape(1);
        if (blockSize < 0)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"block_size is {blockSize}, expected at least 0");
        }
        if (blockSize == 0 && scales.Rank <= 1 && scales.Count == 1)
        {
            return ScaleGrid.PerTensor(x.Count);
        }
        int at = MovementRules.Axis(axis, x.Rank);
        Shape expected = blockSize == 0 ? new Shape(x[at]) : x.With(at, ScaleGrid.Blocks(x[at], blockSize));
        if (scales != expected)
        {
            string rule = blockSize == 0 ? $"one value or {expected}, one for each position along axis {at}" : $"{expected}, one for every {blockSize} positions along axis {at}";
            throw new EdgeException(EdgeError.ShapeMismatch, $"the scales have shape {scales} for an input of shape {x}, expected {rule}", "check axis and block_size");
        }
        return blockSize == 0 ? ScaleGrid.PerAxis(x, at) : ScaleGrid.Blocked(x, at, blockSize);
    }

    /// <summary>Requires zero points, where present, to have a type and the shape of the scales.</summary>
    public static void RequireZeroPoint(in OperatorInputs inputs, int scale, int zero, DataType type)
    {
        if (!inputs.Has(zero))
        {
            return;
        }
        RequireType(inputs, zero, type);
        Shape scales = inputs.Shape(scale);
        bool bothSingle = scales.Rank <= 1 && scales.Count == 1 && inputs.Shape(zero) is { Rank: <= 1, Count: 1 };
        if (inputs.Shape(zero) != scales && !bothSingle)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the zero points have shape {inputs.Shape(zero)}, expected {scales} as the scales have");
        }
    }

    /// <summary>Requires input <paramref name="index"/>, where present, to have a type.</summary>
    public static void RequireType(in OperatorInputs inputs, int index, DataType type)
    {
        if (inputs.Has(index) && inputs.Type(index) != type)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index} is {inputs.Type(index).Name()}, expected {type.Name()}", "insert a Cast");
        }
    }

    /// <summary>Requires an activation of an operator in integers: s8 or s16.</summary>
    public static void RequireQuantized(in OperatorInputs inputs, int index)
    {
        if (inputs.Type(index) is not (DataType.S8 or DataType.S16))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index} is {inputs.Type(index).Name()}, expected s8 or s16", "insert a QuantizeLinear");
        }
    }

    /// <summary>Requires the zero point of a 16-bit input to be 0.</summary>
    public static void RequireZero(in OperatorInputs inputs, int index, int zero)
    {
        if (inputs.Type(index) == DataType.S16 && zero != 0)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"x_zero is {zero} for input {index} of s16, expected 0");
        }
    }

    /// <summary>Requires the node to have a number of outputs: the kernel writes all of them.</summary>
    public static void RequireOutputs(in OperatorInputs inputs, int count)
    {
        if (inputs.OutputCount != count)
        {
            throw new EdgeException(EdgeError.BadArity, $"{inputs.OutputCount} outputs are asked for, the operator has {count}");
        }
    }

    /// <summary>Requires an 8-bit integer input.</summary>
    public static void Require8Bit(in OperatorInputs inputs, int index)
    {
        if (inputs.Type(index) is not (DataType.S8 or DataType.U8))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index} is {inputs.Type(index).Name()}, expected u8 or s8");
        }
    }

    /// <summary>Requires input <paramref name="index"/>, where present, to be a single element.</summary>
    public static void RequireSingle(in OperatorInputs inputs, int index)
    {
        if (inputs.Has(index) && inputs.Shape(index).Count != 1)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"input {index} has shape {inputs.Shape(index)}, expected a single element");
        }
    }

    /// <summary>The step from one output channel to the next: 0 where the input is absent or a single element, 1 where it is a list of <paramref name="channels"/>.</summary>
    public static int ChannelStride(in OperatorInputs inputs, int index, int channels) =>
        !inputs.Has(index) || inputs.Shape(index).Count == 1 ? 0
        : inputs.Shape(index) == new Shape(channels) ? 1
        : throw new EdgeException(EdgeError.ShapeMismatch, $"input {index} has shape {inputs.Shape(index)}, expected a single element or [{channels}], one for each output channel");

    /// <summary>
    /// Where the parameters of the rows (or columns) of batched matrices are: a single element, a list with one for each line,
    /// or a tensor [batch..., lines, 1] (for columns [batch..., 1, lines]).
    /// </summary>
    public static LineIndex Lines(in OperatorInputs inputs, int index, MatMulSizes sizes, bool columns)
    {
        Shape shape = inputs.Shape(index);
        int lines = columns ? sizes.N : sizes.M;
        if (shape.Count == 1)
        {
            return new LineIndex(sizes.BroadcastOffsets([], 0), 0);
        }
        if (shape == new Shape(lines))
        {
            return new LineIndex(sizes.BroadcastOffsets([], 0), 1);
        }
        int[] batch = shape.Rank > 2 ? shape.ToArray()[..^2] : [];
        bool fits = shape.Rank >= 2 && shape[columns ? ^1 : ^2] == lines && shape[columns ? ^2 : ^1] == 1 && BroadcastsTo(batch, sizes.Batch);
        return fits ? new LineIndex(sizes.BroadcastOffsets(batch, lines), 1) : throw new EdgeException(
            EdgeError.ShapeMismatch,
            $"input {index} has shape {shape}, expected a single element, [{lines}], or batch axes of {sizes.Output} and {(columns ? $"1,{lines}" : $"{lines},1")}");
    }

    private static bool BroadcastsTo(int[] dims, int[] batch)
    {
        bool fits = dims.Length <= batch.Length;
        for (int i = 1; i <= dims.Length && fits; i++)
        {
            fits = dims[^i] == 1 || dims[^i] == batch[^i];
        }
        return fits;
    }

    /// <summary>The largest sum of magnitudes of the weights of an output channel; what it can be at most where they are not constant.</summary>
    public static long WeightSum(Tensor? weights)
    {
        if (weights is null || weights.Count == 0)
        {
            return long.MaxValue;
        }
        ReadOnlySpan<sbyte> values = weights.Span<sbyte>();
        int row = values.Length / weights.Shape[0];
        long most = 0;
        for (int first = 0; first < values.Length; first += row)
        {
            long sum = 0;
            foreach (sbyte value in values.Slice(first, row))
            {
                sum += Math.Abs((int)value);
            }
            most = Math.Max(most, sum);
        }
        return most;
    }
}
