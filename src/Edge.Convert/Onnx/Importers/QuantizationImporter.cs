using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear: integer types only; the precision attribute is a hint.</summary>
internal static class QuantizationImporter
{
    public static Value[] ImportQuantize(ImportContext context)
    {
        OnnxNode node = context.Node;
        IgnoreFloat8Attributes(node);
        int declared = node.Int("output_dtype", 0, 0, int.MaxValue);
        DataType target = context.Optional(2) is { } zeroPoint
            ? zeroPoint.Info.Type
            : declared == 0 ? DataType.U8 : OnnxTensors.ToDataType(declared, node.Place);
        if (declared != 0 && OnnxTensors.ToDataType(declared, node.Place) != target)
        {
            throw node.Bad($"output_dtype is {declared}, the zero point is {target.Name()}");
        }
        var op = new QuantizeLinear { Target = target, Axis = node.Int("axis", 1, int.MinValue, int.MaxValue), BlockSize = node.Int("block_size", 0, 0, int.MaxValue) };
        return [context.Add(op, context.Input(0), context.Input(1), context.Optional(2))];
    }

    public static Value[] ImportDequantize(ImportContext context)
    {
        OnnxNode node = context.Node;
        int declared = node.Int("output_dtype", 0, 0, int.MaxValue);
        if (declared != 0 && OnnxTensors.ToDataType(declared, node.Place) != context.Input(1).Info.Type)
        {
            throw node.Unsupported($"output_dtype {declared} differs from the type of the scales, {context.Input(1).Info.Type.Name()}");
        }
        var op = new DequantizeLinear { Axis = node.Int("axis", 1, int.MinValue, int.MaxValue), BlockSize = node.Int("block_size", 0, 0, int.MaxValue) };
        return [context.Add(op, context.Input(0), context.Input(1), context.Optional(2))];
    }

    public static Value[] ImportDynamic(ImportContext context) => context.AddMany(new DynamicQuantizeLinear(), 3, context.Input(0));

    /// <summary>They say how float8 results overflow and how x / scale is rounded; integer results always saturate.</summary>
    private static void IgnoreFloat8Attributes(OnnxNode node)
    {
        _ = node.Flag("saturate", true);
        _ = node.Int("precision", 0);
    }
}
