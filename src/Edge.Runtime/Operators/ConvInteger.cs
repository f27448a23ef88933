using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>
/// The int32 convolution of 8-bit X and W less their zero points. Inputs: X, W, zero point of X or null (one), zero point of W
/// or null (one, or one per output channel).
/// </summary>
public sealed record ConvInteger : IntegerConvOperator
{
    public const string Name = "ConvInteger";

    public override string Kind => Name;

    protected override int Weights => 1;

    public static Operator Read(AttributeReader reader) => new ConvInteger
    {
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        Group = reader.Int("group", 1, 1),
    };

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(4, 4);
        return [new TensorInfo(DataType.S32, OutputShape(Problem(inputs), inputs.Shape(0).Rank))];
    }

    private protected override IntegerConvProblem Problem(in OperatorInputs inputs)
    {
        IntegerConvProblem problem = Problem(inputs, DataType.S32, 0, 0);
        QuantizationRules.ZeroStride(inputs, 2, problem.X, 1);
        return problem with { WZeroStride = QuantizationRules.ZeroStride(inputs, 3, problem.W, problem.OutChannels) };
    }
}
