using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Where: condition, value where it holds, value where it does not.</summary>
internal static class WhereImporter
{
    public static Value[] Import(ImportContext context) => [context.Add(new Where(), context.Input(0), context.Input(1), context.Input(2))];
}
