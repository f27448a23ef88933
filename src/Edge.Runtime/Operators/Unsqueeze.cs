using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>Inserts dimensions of size 1 at <see cref="Axes"/> of the output, else at those that input 1 lists.</summary>
public sealed record Unsqueeze : ViewOperator
{
    public const string Name = "Unsqueeze";

    /// <summary>Each in [-r, r) where r is the rank of the output.</summary>
    public int[]? Axes { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Unsqueeze { Axes = reader.Ints("axes") };

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
        inputs.RequireCount(Axes is null ? 2 : 1, Axes is null ? 2 : 1);
        if (MovementRules.Integers(Axes, inputs, 1) is not { } axes)
        {
            return [MovementRules.Rearranged(inputs[0], null)];
        }
        Shape shape = inputs.Shape(0);
        var dims = new int[shape.Rank + axes.Length];
        foreach (int axis in MovementRules.DistinctAxes(axes, dims.Length))
        {
            dims[axis] = -1;
        }
        int next = 0;
        for (int i = 0; i < dims.Length; i++)
        {
            dims[i] = dims[i] < 0 ? 1 : shape[next++];
        }
        return [MovementRules.Rearranged(inputs[0], new Shape(dims))];
    }
}
