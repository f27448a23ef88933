using Edge.Kernels.Movement;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>The operators that select and place by index. Scatter is the old name of ScatterElements.</summary>
internal static class GatherImporter
{
    public static Value[] Import(ImportContext context) =>
        [context.Add(new Gather { Axis = MovementArguments.Axis(context, 0) }, context.Input(0), context.Input(1))];

    public static Value[] ImportElements(ImportContext context) =>
        [context.Add(new GatherElements { Axis = MovementArguments.Axis(context, 0) }, context.Input(0), context.Input(1))];

    public static Value[] ImportNd(ImportContext context) =>
        [context.Add(new GatherNd { BatchDims = context.Node.Int("batch_dims", 0, 0, Runtime.Diagnostics.Limits.MaxRank) }, context.Input(0), context.Input(1))];

    public static Value[] ImportScatter(ImportContext context) =>
        [context.Add(new ScatterElements { Axis = MovementArguments.Axis(context, 0), Reduction = Reduction(context) }, context.Input(0), context.Input(1), context.Input(2))];

    public static Value[] ImportScatterNd(ImportContext context) =>
        [context.Add(new ScatterNd { Reduction = Reduction(context) }, context.Input(0), context.Input(1), context.Input(2))];

    private static ScatterReduction Reduction(ImportContext context) => context.Node.Choice("reduction", "none", "none", "add", "mul", "max", "min") switch
    {
        "add" => ScatterReduction.Add,
        "mul" => ScatterReduction.Mul,
        "max" => ScatterReduction.Max,
        "min" => ScatterReduction.Min,
        _ => ScatterReduction.None,
    };
}
