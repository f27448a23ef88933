using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Gemm. Before operator set 7 an attribute asked for broadcasting; since then C always broadcasts.</summary>
internal static class GemmImporter
{
    public static Value[] Import(ImportContext context)
    {
        OnnxNode node = context.Node;
        if (context.Opset < 7)
        {
            node.Flag("broadcast");
        }
        var gemm = new Gemm
        {
            Alpha = node.Float("alpha", 1),
            Beta = node.Float("beta", 1),
            TransA = node.Flag("transA"),
            TransB = node.Flag("transB"),
        };
        return [context.Add(gemm, context.Input(0), context.Input(1), context.Optional(2))];
    }
}
