using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// LayerNormalization and RMSNormalization. A scale or bias that is broadcast to the normalized shape is applied by
/// operators of its own.
/// </summary>
internal static class LayerNormImporter
{
    public static Value[] Layer(ImportContext context) => Import(context, centered: true);

    public static Value[] RootMeanSquare(ImportContext context) => Import(context, centered: false);

    private static Value[] Import(ImportContext context, bool centered)
    {
        _ = context.Node.Int("stash_type", 1); // statistics are computed in float32 or better
        Shape shape = context.Shape(0);
        int axis = ImportAxes.Attribute(context, -1);
        var op = new LayerNorm { Axis = axis, Epsilon = context.Node.Float("epsilon", 1e-5f), Centered = centered };
        var normalized = new Shape(shape.Dims[axis..]);
        bool isWhole = context.Shape(1) == normalized && (!context.Has(2) || context.Shape(2) == normalized);
        int outputs = Math.Max(1, context.OutputCount);
        if (isWhole)
        {
            return context.AddMany(op, outputs, context.Has(2) ? [context.Input(0), context.Input(1), context.Input(2)] : [context.Input(0), context.Input(1)]);
        }
        Value[] results = context.AddMany(op, outputs, context.Input(0));
        Value y = context.Add(new Binary("Mul"), results[0], context.Input(1));
        y = context.Has(2) ? context.Add(new Binary("Add"), y, context.Input(2)) : y;
        return [y, .. results.Skip(1)];
    }
}
