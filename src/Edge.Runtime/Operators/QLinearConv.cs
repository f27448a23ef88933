using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// The convolution of quantized X and W, quantized again. Inputs: X, its scale and zero point, W, its scale and zero point (one,
/// or one per output channel), scale and zero point of the output, bias (s32, of scale xScale * wScale) or null.
/// </summary>
public sealed record QLinearConv : IntegerConvOperator
{
    public const string Name = "QLinearConv";

    public override string Kind => Name;

    protected override int Weights => 3;

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
        IntegerConvProblem problem = Problem(inputs);
        if (inputs.Has(8) && (inputs.Type(8) != DataType.S32 || inputs.Shape(8) != new Shape(problem.OutChannels)))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the bias is {inputs[8]}, expected s32[{problem.OutChannels}]");
        }
        return [new TensorInfo(problem.Result, OutputShape(problem, inputs.Shape(0).Rank))];
    }

    private protected override IntegerConvProblem Problem(in OperatorInputs inputs)
    {
        QuantizationRules.RequireByte(inputs, 7);
        IntegerConvProblem problem = Problem(inputs, inputs.Type(7), 0, 0);
        QuantizationRules.ScaleStride(inputs, 1, 1);
        QuantizationRules.ZeroStride(inputs, 2, problem.X, 1);
        QuantizationRules.ScaleStride(inputs, 6, 1);
        QuantizationRules.ZeroStride(inputs, 7, problem.Result, 1);
        return problem with
        {
            WScaleStride = QuantizationRules.ScaleStride(inputs, 4, problem.OutChannels),
            WZeroStride = QuantizationRules.ZeroStride(inputs, 5, problem.W, problem.OutChannels),
        };
    }
}
