using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Checks of scales and zero points that the quantization operators share.</summary>
internal static class QuantizationRules
{
    /// <summary>How the scales of input 1 cover input 0: one for all, one per position of an axis, or one per block along it.</summary>
    /// <param name="axis">Negative counts from the end; not read where there is one scale.</param>
    /// <param name="block">Elements per block; 0 = not blocked.</param>
    public static ScaleMap Map(Shape x, Shape scales, int axis, int block)
    {
        if (block == 0 && scales.Rank <= 1 && scales.Count == 1)
        {
            return ScaleMap.PerTensor(x);
        }
        int at = axis < 0 ? axis + x.Rank : axis;
        if (at < 0 || at >= x.Rank)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"axis is {axis} for a tensor of rank {x.Rank}");
        }
        Shape expected = block == 0 ? new Shape(x[at]) : x.With(at, (int)((x[at] + (long)block - 1) / block));
        if (scales != expected)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the scales have shape {scales}, expected {expected} for input {x}, axis {at} and block size {block}");
        }
        return block == 0 ? ScaleMap.PerAxis(x, at) : ScaleMap.Blocked(x, at, block);
    }

    /// <summary>Requires input <paramref name="index"/> to be float and to hold 1 value or <paramref name="many"/>; returns the step from one to the next, 0 or 1.</summary>
    public static int ScaleStride(in OperatorInputs inputs, int index, int many)
    {
        if (!inputs.Type(index).IsFloat())
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index}, a scale, is {inputs.Type(index).Name()}, expected a float type");
        }
        return Stride(inputs, index, many);
    }

    /// <summary>Requires input <paramref name="index"/>, where present, to have type <paramref name="type"/> and 1 value or <paramref name="many"/>.</summary>
    public static int ZeroStride(in OperatorInputs inputs, int index, DataType type, int many)
    {
        if (!inputs.Has(index))
        {
            return 0;
        }
        if (inputs.Type(index) != type)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index}, a zero point, is {inputs.Type(index).Name()}, expected {type.Name()}");
        }
        return Stride(inputs, index, many);
    }

    /// <summary>Requires input <paramref name="index"/> to be an 8-bit integer tensor.</summary>
    public static void RequireByte(in OperatorInputs inputs, int index)
    {
        if (inputs.Type(index) is not (DataType.U8 or DataType.S8))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index} is {inputs.Type(index).Name()}, expected u8 or s8");
        }
    }

    private static int Stride(in OperatorInputs inputs, int index, int many)
    {
        long count = inputs.Shape(index).Count;
        if (count != 1 && count != many)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"input {index} has {count} values, expected 1{(many == 1 ? "" : $" or {many}")}");
        }
        return count == 1 ? 0 : 1;
    }
}
