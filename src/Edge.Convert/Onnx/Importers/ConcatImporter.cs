using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Concat: the axis is 1 by default before operator set 4 and required since.</summary>
internal static class ConcatImporter
{
    public static Value[] Import(ImportContext context)
    {
        if (context.Opset >= 4 && !context.Node.Has("axis"))
        {
            throw context.Node.Missing("axis");
        }
        return [context.Add(new Concat { Axis = MovementArguments.Axis(context, 1) }, context.Inputs)];
    }
}
