using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>MatMul: no attributes.</summary>
internal static class MatMulImporter
{
    public static Value[] Import(ImportContext context) => [context.Add(new MatMul(), context.Input(0), context.Input(1))];
}
