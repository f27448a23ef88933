using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>
/// Convolution of 8-bit integers, requantized: y = saturate(round((sum + bias[m]) * (xScale * wScale[m] / yScale)) + yZero).
/// Inputs, integers first: X, W, zero of X, zeros of W, optional bias (s32, [M]), then the scale of X, scales of W (single or
/// [M]), scale of y, zero of y, whose type is that of the result.
/// </summary>
public sealed record QLinearConv : IntegerConvOperator
{
    public const string Name = "QLinearConv";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QLinearConv
    {
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        Group = reader.Int("group", 1, 1),
    };

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(9, 9);
        Shape output = OutputShape(inputs);
        ConvRules.CheckBias(inputs, 4, output[1]);
        QuantRules.RequireType(inputs, 4, DataType.S32);
        foreach (int scale in (ReadOnlySpan<int>)[5, 6, 7])
        {
            _ = inputs[scale];
            QuantRules.RequireType(inputs, scale, DataType.F32);
        }
        QuantRules.RequireSingle(inputs, 5);
        _ = QuantRules.ChannelStride(inputs, 6, output[1]);
        QuantRules.RequireSingle(inputs, 7);
        QuantRules.Require8Bit(inputs, 8);
        QuantRules.RequireSingle(inputs, 8);
        return [new TensorInfo(inputs.Type(8), output)];
    }
}
