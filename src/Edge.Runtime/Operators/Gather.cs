using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>
/// Slices of input 0 along <see cref="Axis"/> at the indices of input 1 (s32 or s64, negative from the end): the shape of the
/// indices takes the place of the axis.
/// </summary>
public sealed record Gather : Operator
{
    public const string Name = "Gather";

    /// <summary>In [-rank, rank).</summary>
    public int Axis { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Gather { Axis = reader.Int("axis", 0) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("axis", Axis, 0);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        Shape shape = inputs.Shape(0);
        return GatherKernels.Table.Prepare(
            GatherProblem.Of(shape, MovementRules.Axis(Axis, shape.Rank), inputs.Shape(1), inputs.Type(0).Size(), inputs.Type(1)), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        MovementRules.RequireIndices(inputs, 1);
        Shape shape = inputs.Shape(0);
        int axis = MovementRules.Axis(Axis, shape.Rank);
        return [MovementRules.Rearranged(inputs[0], new Shape([.. shape.Dims[..axis], .. inputs.Shape(1).Dims, .. shape.Dims[(axis + 1)..]]))];
    }
}
