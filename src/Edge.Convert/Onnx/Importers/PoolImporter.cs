using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Pooling over windows, over whole planes, and its inverse.</summary>
internal static class PoolImporter
{
    public static Value[] ImportMax(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.Read(context, []);
        var pool = new MaxPool
        {
            Kernel = window.Kernel,
            Strides = window.Strides,
            Pads = window.Pads,
            Dilations = window.Dilations,
            CeilMode = context.Node.Flag("ceil_mode"),
            StorageOrder = context.Node.Int("storage_order", 0, 0, 1),
        };
        bool withIndices = context.OutputCount > 1 && context.Node.OutputNames[1].Length > 0;
        return context.AddMany(pool, withIndices ? 2 : 1, context.Input(0));
    }

    public static Value[] ImportAverage(ImportContext context) => [context.Add(ReadAverage(context), context.Input(0))];

    /// <summary>The attributes of an average pool.</summary>
    public static AveragePool ReadAverage(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.Read(context, []);
        return new AveragePool
        {
            Kernel = window.Kernel,
            Strides = window.Strides,
            Pads = window.Pads,
            Dilations = window.Dilations,
            CeilMode = context.Node.Flag("ceil_mode"),
            CountIncludePad = context.Node.Flag("count_include_pad"),
        };
    }

    public static Value[] ImportLp(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.Read(context, []);
        var pool = new LpPool
        {
            Kernel = window.Kernel,
            Strides = window.Strides,
            Pads = window.Pads,
            Dilations = window.Dilations,
            CeilMode = context.Node.Flag("ceil_mode"),
            P = Exponent(context),
        };
        return [context.Add(pool, context.Input(0))];
    }

    public static Value[] ImportGlobalAverage(ImportContext context) => [context.Add(new GlobalAveragePool(), context.Input(0))];

    public static Value[] ImportGlobalMax(ImportContext context) => [context.Add(new GlobalMaxPool(), context.Input(0))];

    public static Value[] ImportGlobalLp(ImportContext context) => [context.Add(new GlobalLpPool { P = Exponent(context) }, context.Input(0))];

    public static Value[] ImportMaxUnpool(ImportContext context)
    {
        WindowAttributes window = WindowAttributes.ReadExplicit(context, [], WindowAttributes.Rank(context));
        var unpool = new MaxUnpool { Kernel = window.Kernel, Strides = window.Strides, Pads = window.Pads };
        return [context.Has(2) ? context.Add(unpool, context.Input(0), context.Input(1), context.Input(2)) : context.Add(unpool, context.Input(0), context.Input(1))];
    }

    /// <summary>The attribute p: a float in operator set 1, an integer since.</summary>
    private static int Exponent(ImportContext context)
    {
        if (context.Opset > 1)
        {
            return context.Node.Int("p", 2, 1, int.MaxValue);
        }
        float p = context.Node.Float("p", 2);
        return p >= 1 && p == MathF.Truncate(p) && p < int.MaxValue ? (int)p : throw context.Node.Unsupported($"p is {p}, expected a whole number of at least 1");
    }
}
