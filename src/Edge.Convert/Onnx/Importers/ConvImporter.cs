using Edge.Kernels.Tensors;
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

    /// <summary>Spatial dimensions of the weights, which are input <paramref name="weights"/>.</summary>
    public static ReadOnlySpan<int> KernelOf(ImportContext context, int weights = 1)
    {
        int rank = WindowAttributes.Rank(context);
        Shape shape = context.Shape(weights);
        return shape.Rank == rank + 2
            ? shape.Dims[2..]
            : throw context.Node.Unsupported($"the weights have shape {shape}, expected rank {rank + 2} as of input {context.Shape(0)}");
    }
}
