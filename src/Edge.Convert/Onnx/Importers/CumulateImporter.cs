using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>CumSum and CumProd; the axis is a constant input.</summary>
internal static class CumulateImporter
{
    public static Value[] Sum(ImportContext context) => Import(context, product: false);

    public static Value[] Product(ImportContext context) => Import(context, product: true);

    private static Value[] Import(ImportContext context, bool product) =>
    [
        context.Add(
            new Cumulate
            {
                Axis = ImportAxes.Input(context, 1),
                Product = product,
                Exclusive = context.Node.Flag("exclusive"),
                Reverse = context.Node.Flag("reverse"),
            },
            context.Input(0)),
    ];
}
