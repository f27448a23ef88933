using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Broadcasts input 0 with <see cref="Dims"/>, else with the dimensions that input 1 lists: dimensions of size 1 are repeated,
/// on either side.
/// </summary>
public sealed record Expand : Operator
{
    public const string Name = "Expand";

    /// <summary>Each at least 0; aligned with the last dimensions of the input.</summary>
    public int[]? Dims { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Expand { Dims = reader.Ints("dims") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        if (Dims is not null)
        {
            writer.Ints("dims", Dims);
        }
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        StridedCopyKernels.Table.Prepare(ExpandKernels.Problem(request.Inputs.Shape(0), request.OutputShape(), request.Inputs.Type(0).Size()), request.Query);

    public override void Differentiate(GradientContext context) => context.Give(0, context.SumTo(context.Gradient, context.InputShape(0)));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(Dims is null ? 2 : 1, Dims is null ? 2 : 1);
        long[]? dims = MovementRules.Integers(Dims, inputs, 1);
        return [MovementRules.Rearranged(inputs[0], dims is null ? null : Broadcast(inputs.Shape(0), dims))];
    }

    private static Shape Broadcast(Shape shape, long[] dims)
    {
        var result = new int[Math.Max(shape.Rank, dims.Length)];
        for (int i = 1; i <= result.Length; i++)
        {
            long own = i <= shape.Rank ? shape[^i] : 1;
            long wanted = i <= dims.Length ? dims[^i] : 1;
            if (own != wanted && own != 1 && wanted != 1)
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"{shape} cannot be expanded to [{MovementRules.Text(dims)}]: dimensions, aligned at the end, are equal or one of them is 1", "check the model's input shape");
            }
            result[^i] = MovementRules.Dim(own == 1 ? wanted : own, $"dimension -{i}");
        }
        return new Shape(result);
    }
}
