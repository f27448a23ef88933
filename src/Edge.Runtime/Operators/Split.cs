using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>
/// Cuts input 0 along <see cref="Axis"/> into parts of <see cref="Sizes"/>, else of the sizes that input 1 lists, else into
/// equal parts, the last of which may be smaller.
/// </summary>
public sealed record Split : Operator
{
    public const string Name = "Split";

    /// <summary>In [-rank, rank).</summary>
    public int Axis { get; init; }

    /// <summary>One per output, at least 0; their sum is the dimension.</summary>
    public int[]? Sizes { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Split { Axis = reader.Int("axis", 0), Sizes = reader.Ints("sizes") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("axis", Axis, 0);
        if (Sizes is not null)
        {
            writer.Ints("sizes", Sizes);
        }
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape input = request.Inputs.Shape(0);
        Layout layout = request.Inputs[0].Layout;
        int axis = MovementRules.Axis(Axis, input.Rank);
        int[] sizes = [.. request.Outputs.Select(o => o.KnownShape[axis])];
        return layout == Layout.Blocked8 && axis == 1
            ? ChannelMapKernels.Table.Prepare(
                new ChannelMapProblem(input[0], input.CountRange(2, input.Rank), [input[1]], sizes, ChannelMapProblem.InOrder(input[1]), layout), request.Query)
            : SplitKernels.Table.Prepare(PartsProblem.Of(layout.InMemory(input), axis, sizes, request.Inputs.Type(0).Size()), request.Query);
    }

    public override LayoutChoice ChooseLayouts(in KernelRequest request) => LayoutChoice.FollowFirst(request.Inputs);

    /// <summary>The parts joined; parts that the loss does not depend on are 0.</summary>
    public override void Differentiate(GradientContext context)
    {
        Value[] parts = [.. Enumerable.Range(0, context.Node.Outputs.Count).Select(i => context.OutputGradient(i) ?? context.Constant(context.Filled(context.OutputShape(i), 0)))];
        context.Give(0, context.Add(new Concat { Axis = MovementRules.Axis(Axis, context.InputShape(0).Rank) }, parts));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 2);
        TensorInfo input = inputs[0];
        Shape shape = inputs.Shape(0);
        int axis = MovementRules.Axis(Axis, shape.Rank);
        long[]? sizes = MovementRules.Integers(Sizes, inputs, 1);
        if (sizes is null && MovementRules.IsLate(inputs, 1))
        {
            return [.. Enumerable.Repeat(MovementRules.Rearranged(input, null), inputs.OutputCount)];
        }
        sizes ??= EqualParts(shape[axis], inputs.OutputCount);
        if (sizes.Length != inputs.OutputCount || sizes.Any(s => s < 0 || s > shape[axis]) || sizes.Sum() != shape[axis])
        {
            throw new EdgeException(
                EdgeError.ShapeMismatch,
                $"axis {axis} of {shape} is to be split into [{MovementRules.Text(sizes)}] for {inputs.OutputCount} outputs; expected one size for each, adding up to {shape[axis]}",
                "check the model's input shape");
        }
        return [.. sizes.Select(s => MovementRules.Rearranged(input, shape.With(axis, (int)s)))];
    }

    private static long[] EqualParts(int dim, int parts)
    {
        long size = (dim + (long)parts - 1) / Math.Max(1, parts);
        return [.. Enumerable.Range(0, parts).Select(i => Math.Clamp(dim - (i * size), 0, size))];
    }
}
