using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Products and convolutions of 8-bit tensors. The operators have a slot for every optional input.</summary>
internal static class IntegerProductImporter
{
    public static Value[] ImportMatMulInteger(ImportContext context) =>
        [context.Add(new MatMulInteger(), context.Input(0), context.Input(1), context.Optional(2), context.Optional(3))];

    public static Value[] ImportQLinearMatMul(ImportContext context) =>
        [context.Add(new QLinearMatMul(), [.. Enumerable.Range(0, 8).Select(context.Input)])];

    public static Value[] ImportConvInteger(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.Read(context, KernelOf(context, 1));
        var op = new ConvInteger { Strides = window.Strides, Pads = window.Pads, Dilations = window.Dilations, Group = Group(context) };
        return [context.Add(op, context.Input(0), context.Input(1), context.Optional(2), context.Optional(3))];
    }

    public static Value[] ImportQLinearConv(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.Read(context, KernelOf(context, 3));
        var op = new QLinearConv { Strides = window.Strides, Pads = window.Pads, Dilations = window.Dilations, Group = Group(context) };
        return [context.Add(op, [.. Enumerable.Range(0, 8).Select(context.Input), context.Optional(8)])];
    }

    private static int Group(ImportContext context) => context.Node.Int("group", 1, 1, int.MaxValue);

    private static ReadOnlySpan<int> KernelOf(ImportContext context, int weights)
    {
        int rank = WindowAttributes.Rank(context);
        return context.Shape(weights).Rank == rank + 2
            ? context.Shape(weights).Dims[2..]
            : throw context.Node.Unsupported($"the weights have shape {context.Shape(weights)}, expected rank {rank + 2} as of input {context.Shape(0)}");
    }
}
