using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>The slices of input 0 along <see cref="Axis"/>, or its elements, whose place in input 1 (a list of bool) is true.</summary>
public sealed record Compress : Operator
{
    public const string Name = "Compress";

    /// <summary>In [-rank, rank); null: input 0 is taken as a list.</summary>
    public int? Axis { get; init; }

    public override string Kind => Name;

    public override bool HasDataDependentShape => true;

    public static Operator Read(AttributeReader reader) => new Compress { Axis = reader.Ints("axis") is [int axis] ? axis : null };

    public override void WriteAttributes(AttributeWriter writer)
    {
        if (Axis is { } axis)
        {
            writer.Ints("axis", [axis]);
        }
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        Shape shape = Viewed(inputs.Shape(0));
        int axis = MovementRules.Axis(Axis ?? 0, shape.Rank);
        bool empty = shape.With(axis, 1).Count == 0;
        return CompressKernels.Table.Prepare(
            new CompressProblem(
                empty ? 0 : shape.CountRange(0, axis),
                shape[axis],
                empty ? 0 : shape.CountRange(axis + 1, shape.Rank) * inputs.Type(0).Size(),
                Math.Min(shape[axis], inputs.Shape(1)[0]),
                shape,
                axis),
            request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        MovementRules.Axis(Axis ?? 0, Viewed(inputs.Shape(0)).Rank);
        return inputs.Type(1) == DataType.Bool && inputs.Shape(1).Rank == 1
            ? [MovementRules.Rearranged(inputs[0], null)]
            : throw new EdgeException(EdgeError.TypeMismatch, $"the condition is {inputs[1]}, expected a list of bool");
    }

    private Shape Viewed(Shape shape) => Axis is null ? new Shape(MovementRules.Dim(shape.Count, "the number of elements")) : shape;
}
