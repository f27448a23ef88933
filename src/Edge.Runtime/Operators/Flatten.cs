using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Input 0 as a matrix: the dimensions before <see cref="Axis"/> become the rows, the others the columns.</summary>
public sealed record Flatten : ViewOperator
{
    public const string Name = "Flatten";

    /// <summary>In [-rank, rank]; negative counts from the end.</summary>
    public int Axis { get; init; } = 1;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Flatten { Axis = reader.Int("axis", 1) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("axis", Axis, 1);

    public override void Differentiate(GradientContext context) => context.Give(0, context.Reshape(context.Gradient, context.InputShape(0)));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        Shape shape = inputs.Shape(0);
        if (Axis < -shape.Rank || Axis > shape.Rank)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"axis is {Axis}, expected {-shape.Rank} to {shape.Rank} for {shape}", "correct the axis");
        }
        int axis = Axis < 0 ? Axis + shape.Rank : Axis;
        return [MovementRules.Rearranged(inputs[0], new Shape(
            MovementRules.Dim(shape.CountRange(0, axis), "the number of rows"),
            MovementRules.Dim(shape.CountRange(axis, shape.Rank), "the number of columns")))];
    }
}
