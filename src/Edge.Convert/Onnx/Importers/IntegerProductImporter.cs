using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Convolutions and matrix products of 8-bit integers. ONNX mixes scales among the integers; here integers come first.</summary>
internal static class IntegerProductImporter
{
    public static Value[] ConvInteger(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.Read(context, ConvImporter.KernelOf(context));
        var conv = new ConvInteger { Strides = window.Strides, Pads = window.Pads, Dilations = window.Dilations, Group = Group(context) };
        return [context.Add(conv, context.Input(0), context.Input(1), context.Optional(2), context.Optional(3))];
    }

    /// <summary>QLinearConv: x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, optional bias.</summary>
    public static Value[] QLinearConv(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.Read(context, ConvImporter.KernelOf(context, weights: 3));
        var conv = new QLinearConv { Strides = window.Strides, Pads = window.Pads, Dilations = window.Dilations, Group = Group(context) };
        return
        [
            context.Add(
                conv, context.Input(0), context.Input(3), context.Input(2), context.Input(5), context.Optional(8),
                Scale(context, 1), Scale(context, 4), Scale(context, 6), context.Input(7)),
        ];
    }

    public static Value[] MatMulInteger(ImportContext context) =>
        [context.Add(new MatMulInteger(), context.Input(0), context.Input(1), context.Optional(2), context.Optional(3))];

    /// <summary>QLinearMatMul: a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero.</summary>
    public static Value[] QLinearMatMul(ImportContext context) =>
    [
        context.Add(
            new QLinearMatMul(), context.Input(0), context.Input(3), context.Input(2), context.Input(5),
            Scale(context, 1), Scale(context, 4), Scale(context, 6), context.Input(7)),
    ];

    private static int Group(ImportContext context) => context.Node.Int("group", 1, 1, int.MaxValue);

    private static Value Scale(ImportContext context, int index) => QuantizeImporter.ToF32(context, context.Input(index));
}
