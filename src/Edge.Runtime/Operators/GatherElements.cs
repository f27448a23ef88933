using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>
/// Elements of input 0 at the indices of input 1 along <see cref="Axis"/>; the output has the shape of the indices, which are
/// of the same rank and along other axes no larger.
/// </summary>
public sealed record GatherElements : Operator
{
    public const string Name = "GatherElements";

    /// <summary>In [-rank, rank).</summary>
    public int Axis { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GatherElements { Axis = reader.Int("axis", 0) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("axis", Axis, 0);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        int axis = MovementRules.Axis(Axis, inputs.Shape(0).Rank);
        return GatherElementsKernels.Table.Prepare(new IndexedElementsProblem(inputs.Shape(0), inputs.Shape(1), axis, inputs.Type(0), inputs.Type(1)), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        MovementRules.RequireElementIndices(inputs, Axis);
        return [MovementRules.Rearranged(inputs[0], inputs.Shape(1))];
    }
}
