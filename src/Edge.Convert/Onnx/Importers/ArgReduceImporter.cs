using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>ArgMax and ArgMin.</summary>
internal static class ArgReduceImporter
{
    public static Value[] Max(ImportContext context) => Import(context, least: false);

    public static Value[] Min(ImportContext context) => Import(context, least: true);

    private static Value[] Import(ImportContext context, bool least) =>
    [
        context.Add(
            new ArgReduce
            {
                Axis = ImportAxes.Attribute(context, 0),
                Least = least,
                KeepDims = context.Node.Flag("keepdims", true),
                SelectLast = context.Node.Flag("select_last_index"),
            },
            context.Input(0)),
    ];
}
