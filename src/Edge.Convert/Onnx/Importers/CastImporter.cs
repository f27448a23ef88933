using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>Cast to the type of the attribute <c>to</c>, and CastLike to the type of input 1.</summary>
internal static class CastImporter
{
    /// <summary>Names of element types by their number.</summary>
    private static readonly string[] TypeNames =
    [
        "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE", "UINT32", "UINT64",
    ];

    public static Value[] Import(ImportContext context)
    {
        // Only conversions to 8-bit floats saturate or not, and those types are not supported.
        _ = context.Node.Int("saturate", 1);
        _ = context.Node.Has("round_mode") ? context.Node.Text("round_mode", "up") : null;
        int to = context.Opset < 6 ? OldType(context) : context.Node.Int("to", 0, 0, int.MaxValue);
        return [context.Add(new Cast(OnnxTensors.ToDataType(to, context.Node.Place)), context.Input(0))];
    }

    public static Value[] Like(ImportContext context)
    {
        _ = context.Node.Int("saturate", 1);
        _ = context.Node.Has("round_mode") ? context.Node.Text("round_mode", "up") : null;
        return [context.Add(new Cast(context.Input(1).Info.Type), context.Input(0))];
    }

    /// <summary>Before operator set 6 the type was given by name.</summary>
    private static int OldType(ImportContext context)
    {
        string name = context.Node.Text("to", "");
        int type = Array.IndexOf(TypeNames, name.ToUpperInvariant());
        return type >= 0 ? type : throw context.Node.Bad($"to is '{name}', which is no element type");
    }
}
