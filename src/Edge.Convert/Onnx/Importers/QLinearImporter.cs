using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx.Importers;

/// <summary>
/// Quantized operators of the domain com.microsoft that are defined as: dequantize the inputs, compute in float32, quantize the
/// result. They are imported as exactly that.
/// </summary>
internal static class QLinearImporter
{
    /// <summary>QLinearAdd, QLinearMul: A, A_scale, A_zero, B, B_scale, B_zero, C_scale, C_zero.</summary>
    public static Func<ImportContext, Value[]> Binary(string function) => context =>
    {
        Value sum = context.Add(new Binary(function), Dequantized(context, 0), Dequantized(context, 3));
        return [Quantized(context, sum, 6)];
    };

    /// <summary>QLinearSigmoid: X, X_scale, X_zero, Y_scale, Y_zero.</summary>
    public static Value[] Sigmoid(ImportContext context) =>
        [Quantized(context, context.Add(new Unary("Sigmoid"), Dequantized(context, 0)), 3)];

    /// <summary>QLinearLeakyRelu: the inputs of <see cref="Sigmoid"/>.</summary>
    public static Value[] LeakyRelu(ImportContext context)
    {
        var relu = new Unary("LeakyRelu") { Alpha = context.Node.Float("alpha", 0.01f) };
        return [Quantized(context, context.Add(relu, Dequantized(context, 0)), 3)];
    }

    /// <summary>QLinearAveragePool: the inputs of <see cref="Sigmoid"/>.</summary>
    public static Value[] AveragePool(ImportContext context)
    {
        RequireChannelsFirst(context);
        return [Quantized(context, context.Add(PoolImporter.ReadAverage(context), Dequantized(context, 0)), 3)];
    }

    /// <summary>QLinearGlobalAveragePool: the inputs of <see cref="Sigmoid"/>.</summary>
    public static Value[] GlobalAveragePool(ImportContext context)
    {
        RequireChannelsFirst(context);
        return [Quantized(context, context.Add(new GlobalAveragePool(), Dequantized(context, 0)), 3)];
    }

    /// <summary>QLinearConcat: Y_scale, Y_zero, then X, X_scale, X_zero of each input.</summary>
    public static Value[] Concat(ImportContext context)
    {
        if (context.Inputs.Count < 5 || context.Inputs.Count % 3 != 2)
        {
            throw context.Node.Unsupported($"{context.Inputs.Count} inputs are given, expected scale and zero point of the result and three for each part");
        }
        if (!context.Node.Has("axis"))
        {
            throw context.Node.Missing("axis");
        }
        var concat = new Concat { Axis = context.Node.Int("axis", 0, int.MinValue, int.MaxValue) };
        Value[] parts = [.. Enumerable.Range(0, (context.Inputs.Count - 2) / 3).Select(i => Dequantized(context, 2 + (3 * i)))];
        return [Quantized(context, context.Add(concat, parts), 0, type: 2)];
    }

    private static void RequireChannelsFirst(ImportContext context)
    {
        if (context.Node.Flag("channels_last"))
        {
            throw context.Node.Unsupported("channels_last is 1, tensors have channels first", "export the model with channels first");
        }
    }

    /// <summary>Input <paramref name="index"/> with its scale and zero point, which follow it.</summary>
    private static Value Dequantized(ImportContext context, int index) =>
        context.Add(new DequantizeLinear(), context.Input(index), QuantizeImporter.ToF32(context, context.Input(index + 1)), context.Optional(index + 2));

    /// <summary>A result by the scale at <paramref name="scale"/> and the zero point after it; without one it has the type of input <paramref name="type"/>.</summary>
    private static Value Quantized(ImportContext context, Value value, int scale, int type = 0)
    {
        DataType to = (context.Optional(scale + 1) ?? context.Input(type)).Info.Type;
        return context.Add(new QuantizeLinear { OutputType = to }, value, QuantizeImporter.ToF32(context, context.Input(scale)), context.Optional(scale + 1));
    }
}
