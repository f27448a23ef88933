using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Input 0 with single elements changed: the place of each update (input 2) is its own place, with the index (input 1) along
/// <see cref="Axis"/>.
/// </summary>
public sealed record ScatterElements : Operator
{
    public const string Name = "ScatterElements";

    /// <summary>In [-rank, rank).</summary>
    public int Axis { get; init; }

    public ScatterReduction Reduction { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) =>
        new ScatterElements { Axis = reader.Int("axis", 0), Reduction = reader.Enum("reduction", ScatterReduction.None) };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("axis", Axis, 0);
        writer.Int("reduction", (int)Reduction, 0);
    }

    public override bool CanRunInPlace(int index) => index == 0;

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        int axis = MovementRules.Axis(Axis, inputs.Shape(0).Rank);
        return ScatterElementsKernels.Table.Prepare(new IndexedElementsProblem(inputs.Shape(0), inputs.Shape(1), axis, inputs.Type(0), inputs.Type(1), Reduction), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 3);
        MovementRules.RequireElementIndices(inputs, Axis);
        MovementRules.RequireSameType(inputs, 0, 2);
        return inputs.Shape(1) == inputs.Shape(2)
            ? [inputs[0]]
            : throw new EdgeException(EdgeError.ShapeMismatch, $"indices are {inputs.Shape(1)} and updates {inputs.Shape(2)}, expected equal shapes", "check the model's input shapes");
    }
}
