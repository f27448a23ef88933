using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// saturate(round(x / scale) + zero point), ties to even. Inputs: x, scales, zero points or null for 0. One scale, one per
/// position of <see cref="Axis"/>, or with <see cref="BlockSize"/> one per block along it.
/// </summary>
public sealed record QuantizeLinear : Operator
{
    public const string Name = "QuantizeLinear";

    /// <summary>U8, S8, U16 or S16; the type of the zero points too.</summary>
    public required DataType Target { get; init; }

    /// <summary>Negative counts from the end; not read where there is one scale.</summary>
    public int Axis { get; init; } = 1;

    /// <summary>0 = not blocked.</summary>
    public int BlockSize { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QuantizeLinear
    {
        Target = reader.Enum("target", DataType.U8),
        Axis = reader.Int("axis", 1),
        BlockSize = reader.Int("block_size", 0, 0),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("target", (int)Target, (int)DataType.U8);
        writer.Int("axis", Axis, 1);
        writer.Int("block_size", BlockSize, 0);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) => QuantizeKernels.Table.Prepare(
        new QuantizeProblem(request.Inputs.Type(0), Target, Map(request.Inputs)), request.Query);

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 2);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 3);
        if (!inputs.Type(0).IsFloat() && inputs.Type(0) != DataType.S32)
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input 0 is {inputs.Type(0).Name()}, expected a float type or s32");
        }
        if (Target is not (DataType.U8 or DataType.S8 or DataType.U16 or DataType.S16))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"the target type is {Target.Name()}, expected u8, s8, u16 or s16");
        }
        _ = Map(inputs);
        int scales = (int)inputs.Shape(1).Count;
        QuantizationRules.ScaleStride(inputs, 1, scales);
        if (inputs.Has(2) && inputs.Shape(2).Count != scales)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the zero points have shape {inputs.Shape(2)}, the scales {inputs.Shape(1)}");
        }
        QuantizationRules.ZeroStride(inputs, 2, Target, scales);
        return [new TensorInfo(Target, inputs.Shape(0))];
    }

    private ScaleMap Map(in OperatorInputs inputs) => QuantizationRules.Map(inputs.Shape(0), inputs.Shape(1), Axis, BlockSize);
}
