using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Conv: the kernel size comes from the weights, auto_pad becomes explicit pads.</summary>
internal static class ConvImporter
{
    public static Value[] Import(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.Read(context, KernelOf(context));
        var conv = new Conv
        {
            Strides = window.Strides,
            Pads = window.Pads,
            Dilations = window.Dilations,
            Group = context.Node.Int("group", 1, 1, int.MaxValue),
        };
        return [context.Add(conv, context.Input(0), context.Input(1), context.Optional(2))];
    }

    /// <summary>Spatial dimensions of the weights.</summary>
    public static ReadOnlySpan<int> KernelOf(ImportContext context)
    {
        int rank = WindowAttributes.Rank(context);
        return context.Shape(1).Rank == rank + 2
            ? context.Shape(1).Dims[2..]
            : throw context.Node.Unsupported($"the weights have shape {context.Shape(1)}, expected rank {rank + 2} as of input {context.Shape(0)}");
    }
}
