using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>
/// Shuffles the channels of X [N,C,...]: the channels are seen as (Groups, C / Groups) and transposed. Several inputs are joined
/// along the channels first; several outputs cut the result along the channels, so that what a network does between two blocks
/// (Ma et al., "ShuffleNet V2", 2018) is one move of memory.
/// </summary>
public sealed record ChannelShuffle : Operator
{
    public const string Name = "ChannelShuffle";

    /// <summary>A divisor of the number of channels of all inputs together.</summary>
    public required int Groups { get; init; }

    /// <summary>Channels of each output, at least 0; their sum is that of the inputs. Null: one output.</summary>
    public int[]? Sizes { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new ChannelShuffle { Groups = reader.Int("groups", 1, 1), Sizes = reader.Ints("sizes") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("groups", Groups, 1);
        if (Sizes is not null)
        {
            writer.Ints("sizes", Sizes);
        }
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape shape = request.Inputs.Shape(0);
        int[] inputs = Channels(request.Inputs);
        int[] outputs = [.. request.Outputs.Select(o => o.KnownShape[1])];
        var problem = new ChannelMapProblem(
            shape[0], shape.CountRange(2, shape.Rank), inputs, outputs, ChannelMapProblem.Shuffled(inputs.Sum(), Groups),
            request.Inputs[0].Layout, request.Inputs.Type(0).Size());
        return ChannelMapKernels.Table.Prepare(problem, request.Query);
    }

    public override LayoutChoice ChooseLayouts(in KernelRequest request) => LayoutChoice.FollowMost(request.Inputs);

    /// <summary>The inverse of a shuffle in g groups of C channels is one in C / g groups.</summary>
    public override void Differentiate(GradientContext context)
    {
        Value[] parts = [.. Enumerable.Range(0, context.Node.Outputs.Count).Select(i => context.OutputGradient(i) ?? context.Constant(context.Filled(context.OutputShape(i), 0)))];
        int[] sizes = [.. Enumerable.Range(0, context.InputCount).Select(i => context.InputShape(i)[1])];
        IReadOnlyList<Value> gradients = context.AddMany(new ChannelShuffle { Groups = sizes.Sum() / Groups, Sizes = sizes }, sizes.Length, parts);
        for (int i = 0; i < sizes.Length; i++)
        {
            if (context.Wants(i))
            {
                context.Give(i, gradients[i]);
            }
        }
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, Limits.MaxNodeValues);
        Shape first = inputs.Shape(0);
        for (int i = 0; i < inputs.Count; i++)
        {
            Shape shape = inputs.Shape(i);
            MovementRules.RequireSameType(inputs, 0, i);
            if (shape.Rank < 2 || shape.Rank != first.Rank || shape.With(1, 0) != first.With(1, 0))
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"input {i} is {shape} and input 0 is {first}, expected batch and channels, and differences in the channels only");
            }
        }
        long channels = Channels(inputs).Sum(c => (long)c);
        int[] sizes = Sizes ?? [MovementRules.Dim(channels, "the number of channels")];
        if (channels % Groups != 0 || sizes.Any(s => s < 0) || sizes.Sum(s => (long)s) != channels || sizes.Length != inputs.OutputCount)
        {
            throw new EdgeException(
                EdgeError.BadAttribute,
                $"{channels} channels in {Groups} groups are to be cut into [{string.Join(',', sizes)}] for {inputs.OutputCount} outputs; expected groups of equal size, and one size for each output, adding up to {channels}");
        }
        TensorInfo info = inputs[0];
        return [.. sizes.Select(s => MovementRules.Rearranged(info.Unbounded, first.With(1, s)))];
    }

    private static int[] Channels(OperatorInputs inputs) => [.. Enumerable.Range(0, inputs.Count).Select(i => inputs.Shape(i)[1])];
}
