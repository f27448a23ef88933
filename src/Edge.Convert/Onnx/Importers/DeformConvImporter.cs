using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>DeformConv over two spatial axes; it has no auto_pad.</summary>
internal static class DeformConvImporter
{
    public static Value[] Import(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.ReadExplicit(context, ConvImporter.KernelOf(context), WindowAttributes.Rank(context));
        var conv = new DeformConv
        {
            Strides = window.Strides,
            Pads = window.Pads,
            Dilations = window.Dilations,
            Group = context.Node.Int("group", 1, 1, int.MaxValue),
            OffsetGroup = context.Node.Int("offset_group", 1, 1, int.MaxValue),
        };
        return [context.Add(conv, context.Input(0), context.Input(1), context.Input(2), context.Optional(3), context.Optional(4))];
    }
}
