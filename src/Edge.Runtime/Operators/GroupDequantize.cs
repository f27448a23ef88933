using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Weights of 4 or 8 bits to float32, one scale for each group of adjacent elements of a row: y = q * (scale * unit). A row is what lies
/// behind one index of the first dimension. Inputs: q (u8, [rows, bytes of a row], two's complement, the earlier of two elements in the
/// lower half of a byte), scales (f16, [rows, groups of a row]).
/// </summary>
public sealed record GroupDequantize : Operator
{
    public const string Name = "GroupDequantize";

    /// <summary>Dimensions of the result, at least one, each at least 1.</summary>
    public required int[] Dims { get; init; }

    /// <summary>4 or 8.</summary>
    public required int Bits { get; init; }

    /// <summary>Elements that share a scale; the last group of a row may be shorter.</summary>
    public required int Group { get; init; }

    /// <summary>What a scale of 1 stands for.</summary>
    public float Unit { get; init; } = 1;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GroupDequantize
    {
        Dims = reader.RequiredInts("dims"),
        Bits = reader.Int("bits", 4, 4, 8),
        Group = reader.Int("group", 32, 1),
        Unit = reader.Float("unit", 1),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("dims", Dims);
        writer.Int("bits", Bits, 4);
        writer.Int("group", Group, 32);
        writer.Float("unit", Unit, 1);
    }

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 2);

    public override PreparedKernel CreateKernel(in KernelRequest request) => GroupDequantizeKernels.Table.Prepare(Problem(request.OutputShape()), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        QuantRules.RequireType(inputs, 0, DataType.U8);
        QuantRules.RequireType(inputs, 1, DataType.F16);
        if (Bits is not (4 or 8) || !float.IsFinite(Unit) || Unit <= 0 || Dims.Length == 0 || Dims.Any(d => d < 1))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"bits is {Bits}, unit {Unit} and dims [{string.Join(',', Dims)}], expected 4 or 8 bits, a positive unit and at least one positive dimension");
        }
        var shape = new Shape(Dims);
        GroupDequantizeProblem problem = Problem(shape);
        if (inputs.Shape(0) != new Shape(problem.Rows, problem.RowBytes) || inputs.Shape(1) != new Shape(problem.Rows, problem.RowGroups))
        {
            throw new EdgeException(
                EdgeError.ShapeMismatch,
                $"the integers have shape {inputs.Shape(0)} and the scales {inputs.Shape(1)}, expected [{problem.Rows},{problem.RowBytes}] and [{problem.Rows},{problem.RowGroups}] for {shape} in groups of {Group}");
        }
        return [new TensorInfo(DataType.F32, shape)];
    }

    private GroupDequantizeProblem Problem(Shape shape) => new(shape[0], (int)(shape.Count / shape[0]), Bits, Group, Unit);
}
