using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// Conversions between real numbers and integers. Scales and real numbers of other float types are cast to and from float32.
/// </summary>
internal static class QuantizeImporter
{
    /// <summary>QuantizeLinear: without zero point and output_dtype the result is u8.</summary>
    public static Value[] Quantize(ImportContext context)
    {
        OnnxNode node = context.Node;
        // Only conversions to 8-bit floats saturate or not, and those types are not supported. All divisions are float32.
        _ = node.Int("saturate", 1);
        _ = node.Int("precision", 0);
        int declared = node.Int("output_dtype", 0, 0, int.MaxValue);
        DataType type = declared != 0 ? OnnxTensors.ToDataType(declared, node.Place) : context.Optional(2)?.Info.Type ?? DataType.U8;
        var quantize = new QuantizeLinear
        {
            OutputType = type,
            Axis = node.Int("axis", 1, int.MinValue, int.MaxValue),
            BlockSize = node.Int("block_size", 0, 0, int.MaxValue),
        };
        Value x = context.Input(0);
        return [context.Add(quantize, x.Info.Type == DataType.S32 ? x : ToF32(context, x), ToF32(context, context.Input(1)), context.Optional(2))];
    }

    /// <summary>DequantizeLinear: the result has the type of the scales, or output_dtype.</summary>
    public static Value[] Dequantize(ImportContext context)
    {
        OnnxNode node = context.Node;
        int declared = node.Int("output_dtype", 0, 0, int.MaxValue);
        var dequantize = new DequantizeLinear
        {
            Axis = node.Int("axis", 1, int.MinValue, int.MaxValue),
            BlockSize = node.Int("block_size", 0, 0, int.MaxValue),
        };
        DataType type = declared != 0 ? OnnxTensors.ToDataType(declared, node.Place) : context.Input(1).Info.Type;
        Value y = context.Add(dequantize, context.Input(0), ToF32(context, context.Input(1)), context.Optional(2));
        return [type is DataType.F32 or DataType.Unknown ? y : context.Add(new Cast(type), y)];
    }

    public static Value[] DynamicQuantize(ImportContext context) =>
        context.AddMany(new DynamicQuantizeLinear(), DynamicQuantizeLinear.Outputs, ToF32(context, context.Input(0)));

    /// <summary>A float16 or float64 value as float32; others unchanged.</summary>
    public static Value ToF32(ImportContext context, Value value) =>
        value.Info.Type is DataType.F16 or DataType.F64 ? context.Add(new Cast(DataType.F32), value) : value;
}
