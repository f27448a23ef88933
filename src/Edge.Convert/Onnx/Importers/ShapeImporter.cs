using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Shape and Size: constants wherever the input's shape is known.</summary>
internal static class ShapeImporter
{
    public static Value[] Import(ImportContext context)
    {
        var op = new ShapeOf
        {
            Start = (int)Math.Clamp(context.Node.Int("start", 0), int.MinValue, int.MaxValue),
            End = (int)Math.Clamp(context.Node.Int("end", int.MaxValue), int.MinValue, int.MaxValue),
        };
        return [context.Input(0).Info.Shape is { } shape ? context.AddConstant(Tensor.FromVector<long>(op.Values(shape)), "shape") : context.Add(op, context.Input(0))];
    }

    public static Value[] ImportSize(ImportContext context) =>
        [context.Input(0).Info.Shape is { } shape ? context.AddConstant(Tensor.FromScalar(shape.Count), "size") : context.Add(new SizeOf(), context.Input(0))];
}
