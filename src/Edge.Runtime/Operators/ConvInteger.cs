using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>Convolution of 8-bit integers; the result is the s32 sums. Inputs: X, W, optional zero points of X and W.</summary>
public sealed record ConvInteger : IntegerConvOperator
{
    public const string Name = "ConvInteger";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new ConvInteger
    {
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        Group = reader.Int("group", 1, 1),
    };

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 4);
        return [new TensorInfo(DataType.S32, OutputShape(inputs))];
    }
}
