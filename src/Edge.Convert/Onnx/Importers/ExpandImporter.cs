using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Expand, Tile, and ConstantOfShape, which is the expansion of one element.</summary>
internal static class ExpandImporter
{
    public static Value[] Import(ImportContext context) => [Expand(context, context.Input(0), 1)];

    public static Value[] ImportConstantOfShape(ImportContext context)
    {
        Tensor value = context.Node.Tensor("value") ?? Tensor.FromVector(0f);
        return value.Count == 1
            ? [Expand(context, context.AddConstant(value.Reshape(Shape.Scalar), "value"), 0)]
            : throw context.Node.Bad($"value is {value.Info}, expected one element");
    }

    /// <summary>Before operator set 6 one axis is tiled, by two scalar inputs.</summary>
    public static Value[] ImportTile(ImportContext context)
    {
        int[]? repeats = context.Opset < 6 ? SingleAxis(context) : MovementArguments.KnownIntegers(context, 1);
        Value?[] operands = repeats is null ? [context.Input(0), context.Input(1)] : [context.Input(0)];
        return [context.Add(new Tile { Repeats = repeats }, operands)];
    }

    private static int[] SingleAxis(ImportContext context)
    {
        int[] repeats = [.. Enumerable.Repeat(1, context.Shape(0).Rank)];
        double tiles = Scalar(context, 1);
        double axis = Scalar(context, 2);
        if (!(axis >= 0 && axis < repeats.Length && tiles >= 0 && tiles <= int.MaxValue))
        {
            throw context.Node.Bad($"{tiles} tiles along axis {axis} of {context.Shape(0)} are asked for, expected an axis that exists and at least 0 tiles");
        }
        repeats[(int)axis] = (int)tiles;
        return repeats;
    }

    private static double Scalar(ImportContext context, int index) => context.Constant(index).ToDouble() is [double value]
        ? value
        : throw new EdgeException(EdgeError.ShapeMismatch, $"input {index} is {context.Constant(index).Info}, expected one element");

    private static Value Expand(ImportContext context, Value value, int dimsIndex)
    {
        int[]? dims = MovementArguments.KnownIntegers(context, dimsIndex);
        Value?[] operands = dims is null ? [value, context.Input(dimsIndex)] : [value];
        return context.Add(new Expand { Dims = dims }, operands);
    }
}
