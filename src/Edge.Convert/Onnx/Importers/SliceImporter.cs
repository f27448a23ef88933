using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Slice: attributes before operator set 10, inputs since. Constant inputs become attributes.</summary>
internal static class SliceImporter
{
    public static Value[] Import(ImportContext context) => context.Opset < 10 ? ImportAttributes(context) : ImportInputs(context);

    private static Value[] ImportAttributes(ImportContext context)
    {
        var op = new Slice
        {
            Starts = MovementArguments.Integers(context, "starts", saturates: true) ?? throw context.Node.Missing("starts"),
            Ends = MovementArguments.Integers(context, "ends", saturates: true) ?? throw context.Node.Missing("ends"),
            Axes = MovementArguments.Integers(context, "axes"),
        };
        return [context.Add(op, context.Input(0))];
    }

    private static Value[] ImportInputs(ImportContext context)
    {
        context.Input(1);
        context.Input(2);
        var op = new Slice
        {
            Starts = MovementArguments.KnownIntegers(context, 1, saturates: true),
            Ends = MovementArguments.KnownIntegers(context, 2, saturates: true),
            Axes = MovementArguments.KnownIntegers(context, 3),
            Steps = MovementArguments.KnownIntegers(context, 4, saturates: true),
        };
        return [context.Add(op, MovementArguments.Operands(context, op.Starts is null, op.Ends is null, op.Axes is null, op.Steps is null))];
    }
}
