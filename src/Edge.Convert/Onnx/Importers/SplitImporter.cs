using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// Split: sizes are an attribute or an input (operator set 1), an attribute (2, 11), an input (13), an input or given by
/// <c>num_outputs</c> (18). Unequal parts without sizes are allowed since 18.
/// </summary>
internal static class SplitImporter
{
    public static Value[] Import(ImportContext context)
    {
        int axis = MovementArguments.Axis(context, 0);
        int[]? sizes = context.Opset < 13 ? MovementArguments.Integers(context, "split") : null;
        bool fromInput = sizes is null && context.Has(1);
        sizes ??= MovementArguments.KnownIntegers(context, 1);
        int outputs = context.OutputCount;
        if (outputs == 0)
        {
            throw new EdgeException(EdgeError.BadArity, "no outputs are named, expected one for each part", "export the model again");
        }
        if (context.Node.Has("num_outputs") && context.Node.Int("num_outputs", 0) != outputs)
        {
            throw context.Node.Bad($"num_outputs is {context.Node.Int("num_outputs", 0)}, but {outputs} outputs are named");
        }
        if (context.Opset < 18 && sizes is null && !fromInput && context.Input(0).Info.Shape is { } shape && shape.Rank > 0 && shape[axis] % outputs != 0)
        {
            throw context.Node.Bad($"axis {axis} of {shape} cannot be split into {outputs} equal parts");
        }
        Value?[] operands = fromInput && sizes is null ? [context.Input(0), context.Input(1)] : [context.Input(0)];
        return context.AddMany(new Split { Axis = axis, Sizes = sizes }, outputs, operands);
    }
}
