using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// Reshape (attribute <c>shape</c> before operator set 5) and its special forms Flatten, Squeeze and Unsqueeze, which become
/// a Reshape wherever the input's shape is known. Dimensions that stay at their place are written as 0, "as the input",
/// so that another batch size needs no other graph.
/// </summary>
internal static class ReshapeImporter
{
    public static Value[] Import(ImportContext context)
    {
        bool allowZero = context.Node.Flag("allowzero");
        int[]? dims = context.Opset < 5 ? MovementArguments.Integers(context, "shape") ?? throw context.Node.Missing("shape") : MovementArguments.KnownIntegers(context, 1);
        Value?[] operands = dims is null ? [context.Input(0), context.Input(1)] : [context.Input(0)];
        return [context.Add(new Reshape { Dims = dims, AllowZero = allowZero }, operands)];
    }

    public static Value[] ImportFlatten(ImportContext context)
    {
        int axis = context.Node.Int("axis", 1, int.MinValue, int.MaxValue);
        return [Add(context, new Flatten { Axis = axis }, context.Input(0))];
    }

    public static Value[] ImportSqueeze(ImportContext context)
    {
        int[]? axes = Axes(context);
        Value?[] operands = axes is null && context.Has(1) ? [context.Input(0), context.Input(1)] : [context.Input(0)];
        return [Add(context, new Squeeze { Axes = axes }, operands)];
    }

    public static Value[] ImportUnsqueeze(ImportContext context)
    {
        int[]? axes = Axes(context);
        Value?[] operands = axes is null ? [context.Input(0), context.Input(1)] : [context.Input(0)];
        return [Add(context, new Unsqueeze { Axes = axes }, operands)];
    }

    /// <summary>An attribute before operator set 13, an input since.</summary>
    private static int[]? Axes(ImportContext context) =>
        context.Opset < 13 ? MovementArguments.Integers(context, "axes") : MovementArguments.KnownIntegers(context, 1);

    /// <summary>Adds <paramref name="op"/> as a Reshape, where input and output shape are known.</summary>
    private static Value Add(ImportContext context, ViewOperator op, params Value?[] operands)
    {
        var inputs = new OperatorInputs(operands, 1);
        if (op.InferOutputs(inputs)[0].Shape is not { } output)
        {
            return context.Add(op, operands);
        }
        int[] dims = output.ToArray();
        Kernels.Tensors.Shape input = context.Shape(0);
        bool allowZero = dims.Contains(0);
        for (int i = 0; !allowZero && i < Math.Min(input.Rank, dims.Length) && dims[i] == input[i]; i++)
        {
            dims[i] = 0;
        }
        return context.Add(new Reshape { Dims = dims, AllowZero = allowZero }, context.Input(0));
    }
}
