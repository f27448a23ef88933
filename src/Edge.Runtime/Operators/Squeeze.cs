using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Removes dimensions of size 1: those at <see cref="Axes"/>, else those that input 1 lists, else all.</summary>
public sealed record Squeeze : ViewOperator
{
    public const string Name = "Squeeze";

    /// <summary>Each in [-rank, rank), of size 1.</summary>
    public int[]? Axes { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Squeeze { Axes = reader.Ints("axes") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        if (Axes is not null)
        {
            writer.Ints("axes", Axes);
        }
    }

    public override void Differentiate(GradientContext context) => context.Give(0, context.Reshape(context.Gradient, context.InputShape(0)));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 2);
        long[]? axes = MovementRules.Integers(Axes, inputs, 1);
        bool late = axes is null && MovementRules.IsLate(inputs, 1);
        return [MovementRules.Rearranged(inputs[0], late ? null : Remaining(inputs.Shape(0), axes))];
    }

    private static Shape Remaining(Shape shape, long[]? axes)
    {
        if (axes is null)
        {
            return new Shape([.. shape.ToArray().Where(d => d != 1)]);
        }
        int[] removed = MovementRules.DistinctAxes(axes, shape.Rank);
        foreach (int axis in removed)
        {
            if (shape[axis] != 1)
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"axis {axis} of {shape} is to be removed, but its size is {shape[axis]}, expected 1", "check the model's input shape");
            }
        }
        return new Shape([.. shape.ToArray().Where((_, i) => !removed.Contains(i))]);
    }
}
