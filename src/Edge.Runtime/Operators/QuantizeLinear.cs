using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// y = saturate(round(x / scale) + zero), ties to even. Inputs: x (f32 or s32), scales (f32), optional zero points. The scales
/// are one for all, one for each position along an axis, or one for each block along an axis.
/// </summary>
public sealed record QuantizeLinear : Operator
{
    public const string Name = "QuantizeLinear";

    /// <summary>u8, s8, u16 or s16; zero points have the same type.</summary>
    public DataType OutputType { get; init; } = DataType.U8;

    /// <summary>In [-rank, rank); of no effect with a single scale.</summary>
    public int Axis { get; init; } = 1;

    /// <summary>Positions along the axis that share a scale; 0 = no blocks.</summary>
    public int BlockSize { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QuantizeLinear
    {
        OutputType = reader.Enum("output_type", DataType.U8),
        Axis = reader.Int("axis", 1),
        BlockSize = reader.Int("block_size", 0, 0),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("output_type", (long)OutputType, (long)DataType.U8);
        writer.Int("axis", Axis, 1);
        writer.Int("block_size", BlockSize, 0);
    }

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 2);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        ScaleGrid grid = QuantRules.Grid(request.Inputs, Axis, BlockSize);
        return QuantizeKernels.Table.Prepare(new QuantizeProblem(request.Inputs.Type(0), OutputType, grid, request.Inputs.Has(2)), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 3);
        if (OutputType is not (DataType.U8 or DataType.S8 or DataType.U16 or DataType.S16))
        {
            throw new EdgeException(EdgeError.UnsupportedType, $"the output type is {OutputType.Name()}, expected u8, s8, u16 or s16", "quantize to 8 or 16 bits");
        }
        if (inputs.Type(0) is not (DataType.F32 or DataType.S32))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input 0 is {inputs.Type(0).Name()}, expected f32 or s32", "insert a Cast");
        }
        QuantRules.RequireType(inputs, 1, DataType.F32);
        QuantRules.RequireZeroPoint(inputs, 1, 2, OutputType);
        _ = QuantRules.Grid(inputs, Axis, BlockSize);
        return [new TensorInfo(OutputType, inputs.Shape(0))];
    }
}
