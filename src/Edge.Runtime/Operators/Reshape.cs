using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// The elements of input 0 in the same order under another shape. Without <see cref="Dims"/> the dimensions are input 1
/// (s64 list), which makes the shape a matter of the run where that input is not constant.
/// </summary>
public sealed record Reshape : ViewOperator
{
    public const string Name = "Reshape";

    /// <summary>
    /// One dimension may be -1: what remains. 0 copies the input's dimension at the same place, unless
    /// <see cref="AllowZero"/>. Null where input 1 gives the dimensions.
    /// </summary>
    public int[]? Dims { get; init; }

    /// <summary>0 means a dimension of size 0.</summary>
    public bool AllowZero { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Reshape { Dims = reader.Ints("dims"), AllowZero = reader.Flag("allow_zero") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        if (Dims is not null)
        {
            writer.Ints("dims", Dims);
        }
        writer.Flag("allow_zero", AllowZero);
    }

    public override void Differentiate(GradientContext context) => context.Give(0, context.Reshape(context.Gradient, context.InputShape(0)));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(Dims is null ? 2 : 1, Dims is null ? 2 : 1);
        long[]? dims = MovementRules.Integers(Dims, inputs, 1);
        return [MovementRules.Rearranged(inputs[0], dims is null ? null : Resolve(inputs.Shape(0), dims))];
    }

    private Shape Resolve(Shape input, long[] dims)
    {
        var result = new int[dims.Length];
        int inferred = -1;
        for (int i = 0; i < dims.Length; i++)
        {
            bool copies = dims[i] == 0 && !AllowZero;
            if (dims[i] < -1 || (dims[i] == -1 && inferred >= 0) || (copies && i >= input.Rank))
            {
                throw Misfit(input, dims, "each dimension is at least 0, one may be -1, and 0 copies a dimension that exists");
            }
            inferred = dims[i] == -1 ? i : inferred;
            result[i] = dims[i] == -1 ? 1 : copies ? input[i] : MovementRules.Dim(dims[i], $"dimension {i}");
        }
        long known = new Shape(result).Count;
        if (inferred >= 0)
        {
            if (known == 0 || input.Count % known != 0)
            {
                throw Misfit(input, dims, $"the dimension -1 stands for {input.Count} / {known} elements, which is not a whole number");
            }
            result[inferred] = MovementRules.Dim(input.Count / known, $"dimension {inferred}");
        }
        return inferred >= 0 || known == input.Count
            ? new Shape(result)
            : throw Misfit(input, dims, $"{input.Count} elements cannot become {known}");
    }

    private static EdgeException Misfit(Shape input, long[] dims, string rule) =>
        new(EdgeError.ShapeMismatch, $"the shape {input} cannot become [{MovementRules.Text(dims)}]: {rule}", "check the model's input shape, or export it again");
}
