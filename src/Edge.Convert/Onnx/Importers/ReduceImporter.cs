using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>ReduceSum and its family: axes are an attribute in old operator sets and an optional input in newer ones.</summary>
internal static class ReduceImporter
{
    public static Func<ImportContext, Value[]> Of(string function) => context =>
    [
        context.Add(
            new Reduce(function) { Axes = Axes(context), KeepDims = context.Node.Flag("keepdims", true) },
            context.Input(0)),
    ];

    /// <summary>No axes mean all of them, unless noop_with_empty_axes says none.</summary>
    private static int[] Axes(ImportContext context)
    {
        bool emptyMeansNone = context.Node.Flag("noop_with_empty_axes");
        long[]? given = context.Node.Longs("axes") ?? context.OptionalConstant(1)?.ToInt64();
        int rank = context.Shape(0).Rank;
        return given is { Length: > 0 }
            ? ImportAxes.Absolute(context, given, rank)
            : emptyMeansNone ? [] : [.. Enumerable.Range(0, rank)];
    }
}
