using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>TopK: K is an attribute before operator set 10 and an input since. The result is always sorted.</summary>
internal static class TopKImporter
{
    public static Value[] Import(ImportContext context)
    {
        _ = context.Node.Flag("sorted", true); // unsorted leaves the order open: sorted is one of them
        Value k = context.Opset < 10 ? Attribute(context) : context.Input(1);
        var op = new TopK { Axis = ImportAxes.Attribute(context, -1), Least = !context.Node.Flag("largest", true) };
        return context.AddMany(op, 2, context.Input(0), k);
    }

    private static Value Attribute(ImportContext context) => context.Node.Has("k")
        ? context.AddConstant(Tensor.FromVector(context.Node.Int("k", 0)), "k")
        : throw context.Node.Missing("k");
}
