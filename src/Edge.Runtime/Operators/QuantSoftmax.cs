using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Softmax of 8-bit or 16-bit scores along an axis, in float32: numerators by a table, divided by their sum (docs/quantization.md). Inputs: X (s8 or
/// s16), table (s32, [256] or [512]): the exponential function of the scores' steps, rounded to integers by the converter, so that every device divides
/// the same numbers. For s16 the first half is that of 256 steps, the second that of single ones; their product counts.
/// </summary>
public sealed record QuantSoftmax : Operator
{
    public const string Name = "QuantSoftmax";

    /// <summary>In [-rank, rank).</summary>
    public int Axis { get; init; } = -1;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QuantSoftmax { Axis = reader.Int("axis", -1) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("axis", Axis, -1);

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 4);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(0);
        int axis = MovementRules.Axis(Axis, x.Rank);
        var problem = new QuantSoftmaxProblem(x.CountRange(0, axis), x[axis], x.CountRange(axis + 1, x.Rank)) { XType = request.Inputs.Type(0) };
        return QuantSoftmaxKernels.Table.Prepare(problem, request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        QuantRules.RequireQuantized(inputs, 0);
        QuantRules.RequireType(inputs, 1, DataType.S32);
        _ = MovementRules.Axis(Axis, inputs.Shape(0).Rank);
        var problem = new QuantSoftmaxProblem(1, 1, 1) { XType = inputs.Type(0) };
        if (inputs.Shape(1) != new Shape(problem.Entries))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the table has shape {inputs.Shape(1)}, expected [{problem.Entries}] for {inputs.Type(0).Name()}");
        }
        if (inputs.Constant(1)?.ToArray<int>() is { } table && (problem.Numerator(table, 0) <= 0 || table.Min() < 0))
        {
            throw new EdgeException(EdgeError.BadValue, "the table has to give a positive number for the greatest score and hold no negative one");
        }
        return [new TensorInfo(DataType.F32, inputs.Shape(0))];
    }
}
