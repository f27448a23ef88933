using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Rules that operators which move data share. Everything they are given may come from an untrusted file.</summary>
internal static class MovementRules
{
    /// <summary>An axis counted from the front.</summary>
    /// <param name="axis">In [-rank, rank); negative counts from the end.</param>
    /// <exception cref="EdgeException">It lies outside.</exception>
    public static int Axis(long axis, int rank, string name = "axis") =>
        axis >= -rank && axis < rank
            ? (int)(axis < 0 ? axis + rank : axis)
            : throw new EdgeException(EdgeError.BadAttribute, $"{name} is {axis}, expected {-rank} to {rank - 1} for rank {rank}", "correct the axis, or the rank of the input");

    /// <summary>Axes counted from the front, in the order given.</summary>
    /// <exception cref="EdgeException">An axis lies outside or is listed twice.</exception>
    public static int[] DistinctAxes(ReadOnlySpan<long> axes, int rank)
    {
        var result = new int[axes.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Axis(axes[i], rank, "axes");
            if (result.AsSpan(0, i).Contains(result[i]))
            {
                throw new EdgeException(EdgeError.BadAttribute, $"axes is [{Text(axes)}], which names axis {result[i]} twice", "list each axis once");
            }
        }
        return result;
    }

    /// <summary>
    /// A list of integers from an attribute or, where that is null, from a constant input; null where the input is absent
    /// or only a run can tell.
    /// </summary>
    public static long[]? Integers(int[]? attribute, in OperatorInputs inputs, int index)
    {
        if (attribute is not null)
        {
            return [.. attribute.Select(v => (long)v)];
        }
        if (!inputs.Has(index))
        {
            return null;
        }
        TensorInfo info = inputs[index];
        if (info.Type is not (DataType.S32 or DataType.S64 or DataType.Unknown))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index} is {info}, expected s32 or s64");
        }
        if (info.Shape is { Rank: > 1 })
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"input {index} is {info}, expected a list (rank 1)");
        }
        return inputs.Constant(index)?.ToInt64();
    }

    /// <summary>Whether input <paramref name="index"/> is present but only a run can tell its value.</summary>
    public static bool IsLate(in OperatorInputs inputs, int index) => inputs.Has(index) && inputs.Constant(index) is null;

    /// <summary>A computed dimension.</summary>
    /// <exception cref="EdgeException">It is negative or does not fit 32 bits.</exception>
    public static int Dim(long dim, string what) => dim is >= 0 and <= int.MaxValue
        ? (int)dim
        : throw new EdgeException(dim < 0 ? EdgeError.ShapeMismatch : EdgeError.TooLarge, $"{what} is {dim}, expected 0 to {int.MaxValue}");

    /// <summary>The info of a result that has the elements of <paramref name="info"/> in another arrangement: per-channel quantization is lost.</summary>
    public static TensorInfo Rearranged(TensorInfo info, Shape? shape) => new(info.Type, shape, info.Quant is { Axis: < 0 } quant ? quant : null);

    /// <summary>The info of a result that has elements of all inputs: quantized where all are quantized alike.</summary>
    public static TensorInfo Joined(in OperatorInputs inputs, Shape shape)
    {
        QuantParams? quant = inputs[0].Quant is { Axis: < 0 } first ? first : null;
        for (int i = 1; i < inputs.Count && quant is not null; i++)
        {
            QuantParams? other = inputs[i].Quant;
            bool same = other is { Axis: < 0 } && other.Scales[0].Equals(quant.Scales[0]) && other.ZeroPoints[0] == quant.ZeroPoints[0];
            quant = same ? quant with { Low = Math.Min(quant.Low, other!.Low), High = Math.Max(quant.High, other.High) } : null;
        }
        return new TensorInfo(inputs.Type(0), shape, quant);
    }

    /// <summary>Requires an index input.</summary>
    public static void RequireIndices(in OperatorInputs inputs, int index)
    {
        if (inputs.Type(index) is not (DataType.S32 or DataType.S64))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index} is {inputs[index]}, indices are s32 or s64");
        }
    }

    /// <summary>Requires input 1 to index single elements of input 0 along an axis.</summary>
    public static void RequireElementIndices(in OperatorInputs inputs, int axis)
    {
        RequireIndices(inputs, 1);
        Shape data = inputs.Shape(0);
        Shape indices = inputs.Shape(1);
        int along = Axis(axis, data.Rank);
        bool fits = indices.Rank == data.Rank;
        for (int i = 0; fits && i < data.Rank; i++)
        {
            fits = i == along || indices[i] <= data[i];
        }
        if (!fits)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"data is {data} and indices are {indices}, expected the same rank and, except along axis {along}, no larger dimensions", "check the model's input shapes");
        }
    }

    /// <summary>Requires two inputs of one type.</summary>
    public static void RequireSameType(in OperatorInputs inputs, int a, int b)
    {
        if (inputs.Type(a) != inputs.Type(b))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {a} is {inputs[a]} and input {b} is {inputs[b]}, expected one element type");
        }
    }

    /// <summary><c>1,2,3</c></summary>
    public static string Text(ReadOnlySpan<long> values) => string.Join(',', values.ToArray());
}
