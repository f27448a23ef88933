using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Arguments that ONNX gives as attributes in old operator sets and as inputs in new ones.</summary>
internal static class MovementArguments
{
    /// <summary>The integers of a constant input; null where it is absent or computed at run time.</summary>
    /// <param name="saturates">Numbers beyond 32 bits become the largest or smallest of 32 bits: they stand for "as far as possible".</param>
    /// <exception cref="EdgeException">The tensor is no list of integers, or a number does not fit.</exception>
    public static int[]? KnownIntegers(ImportContext context, int index, bool saturates = false)
    {
        if (context.Optional(index)?.Constant is not { } tensor)
        {
            return null;
        }
        if (tensor.Type is not (DataType.S32 or DataType.S64) || tensor.Shape.Rank > 1)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input {index} '{context.Input(index).Name}' is {tensor.Info}, expected a list of s32 or s64", "export the model again", context.Node.Place);
        }
        return Narrow(context, tensor.ToInt64(), $"input {index}", saturates);
    }

    /// <summary>Integers of an attribute; see <see cref="KnownIntegers"/>.</summary>
    public static int[]? Integers(ImportContext context, string attribute, bool saturates = false) =>
        context.Node.Longs(attribute) is { } values ? Narrow(context, values, attribute, saturates) : null;

    /// <summary>A required constant list.</summary>
    public static int[] RequiredIntegers(ImportContext context, int index)
    {
        context.Constant(index);
        return KnownIntegers(context, index)!;
    }

    /// <summary>An axis attribute, counted from the front where the rank of input 0 is known.</summary>
    public static int Axis(ImportContext context, int defaultAxis, string attribute = "axis")
    {
        if (context.Input(0).Info.Shape is not { } shape)
        {
            return context.Node.Int(attribute, defaultAxis, int.MinValue, int.MaxValue);
        }
        int axis = context.Node.Int(attribute, defaultAxis, -shape.Rank, Math.Max(0, shape.Rank - 1));
        return axis < 0 ? axis + shape.Rank : axis;
    }

    /// <summary>Input 0 alone where everything else became attributes, else input 0 and those that did not.</summary>
    /// <param name="kept">Input indexes from 1 with whether each stays an input.</param>
    public static Value?[] Operands(ImportContext context, params ReadOnlySpan<bool> kept)
    {
        var operands = new List<Value?> { context.Input(0) };
        for (int i = 0; i < kept.Length; i++)
        {
            operands.Add(kept[i] ? context.Optional(i + 1) : null);
        }
        while (operands[^1] is null)
        {
            operands.RemoveAt(operands.Count - 1);
        }
        return [.. operands];
    }

    private static int[] Narrow(ImportContext context, long[] values, string what, bool saturates) =>
        [.. values.Select(v => saturates || v is >= int.MinValue and <= int.MaxValue
            ? (int)Math.Clamp(v, int.MinValue, int.MaxValue)
            : throw context.Node.Bad($"{what} holds {v}, which does not fit 32 bits"))];
}
