using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// y = (x - zero) * scale, in f32. Inputs: x (u8, s8, u16, s16 or s32), scales (f32), optional zero points of the type of x.
/// The scales are one for all, one for each position along an axis, or one for each block along an axis.
/// </summary>
public sealed record DequantizeLinear : Operator
{
    public const string Name = "DequantizeLinear";

    /// <summary>In [-rank, rank); of no effect with a single scale.</summary>
    public int Axis { get; init; } = 1;

    /// <summary>Positions along the axis that share a scale; 0 = no blocks.</summary>
    public int BlockSize { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new DequantizeLinear
    {
        Axis = reader.Int("axis", 1),
        BlockSize = reader.Int("block_size", 0, 0),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("axis", Axis, 1);
        writer.Int("block_size", BlockSize, 0);
    }

    public override bool CanRunInPlace(int index) => index == 0;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 2);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        ScaleGrid grid = QuantRules.Grid(request.Inputs, Axis, BlockSize);
        return DequantizeKernels.Table.Prepare(new DequantizeProblem(request.Inputs.Type(0), grid, request.Inputs.Has(2)), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 3);
        DataType type = inputs.Type(0);
        if (type is not (DataType.U8 or DataType.S8 or DataType.U16 or DataType.S16 or DataType.S32))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"input 0 is {type.Name()}, expected u8, s8, u16, s16 or s32");
        }
        QuantRules.RequireType(inputs, 1, DataType.F32);
        QuantRules.RequireZeroPoint(inputs, 1, 2, type);
        _ = QuantRules.Grid(inputs, Axis, BlockSize);
        return [new TensorInfo(DataType.F32, inputs.Shape(0))];
    }
}
