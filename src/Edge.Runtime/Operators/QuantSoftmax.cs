using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Softmax of 8-bit scores (s8) along an axis, in float32: table[max - x] / sum. Inputs: X, table (s32, [256]): the exponential function
/// of the scores' steps, rounded to integers by the converter, so that every device divides the same numbers.
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
        return QuantSoftmaxKernels.Table.Prepare(new QuantSoftmaxProblem(x.CountRange(0, axis), x[axis], x.CountRange(axis + 1, x.Rank)), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        QuantRules.RequireType(inputs, 0, DataType.S8);
        QuantRules.RequireType(inputs, 1, DataType.S32);
        _ = MovementRules.Axis(Axis, inputs.Shape(0).Rank);
        if (inputs.Shape(1) != new Shape(256))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the table has shape {inputs.Shape(1)}, expected [256]");
        }
        if (inputs.Constant(1)?.ToArray<int>() is { } table && (table[0] <= 0 || table.Min() < 0))
        {
            throw new EdgeException(EdgeError.BadValue, "the table has to begin with a positive number and hold no negative one");
        }
        return [new TensorInfo(DataType.F32, inputs.Shape(0))];
    }
}
