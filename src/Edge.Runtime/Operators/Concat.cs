using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>The inputs side by side along <see cref="Axis"/>; their other dimensions are equal.</summary>
public sealed record Concat : Operator
{
    public const string Name = "Concat";

    /// <summary>In [-rank, rank).</summary>
    public required int Axis { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Concat { Axis = reader.Int("axis", 0) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("axis", Axis, 0);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        Shape output = request.OutputShape();
        Layout layout = request.Outputs[0].Layout;
        int axis = MovementRules.Axis(Axis, output.Rank);
        int[] sizes = [.. Enumerable.Range(0, inputs.Count).Select(i => inputs.Shape(i)[axis])];
        return layout == Layout.Blocked8 && axis == 1
            ? ChannelMapKernels.Table.Prepare(
                new ChannelMapProblem(output[0], output.CountRange(2, output.Rank), sizes, [output[1]], ChannelMapProblem.InOrder(output[1]), layout), request.Query)
            : ConcatKernels.Table.Prepare(PartsProblem.Of(layout.InMemory(output), AxisInMemory(layout, axis, output.Rank), sizes, inputs.Type(0).Size()), request.Query);
    }

    public override LayoutChoice ChooseByteLayouts(in KernelRequest request) => LayoutChoice.FollowChannelsLast(request.Inputs);

    public override LayoutChoice ChooseLayouts(in KernelRequest request) => LayoutChoice.FollowMost(request.Inputs);

    /// <summary>Each input is one run of the output where nothing but the axis comes before it, and where it shares no block of channels.</summary>
    public override long? PlaceInOutput(in KernelRequest request, int index)
    {
        Layout layout = request.Outputs[0].Layout;
        Shape output = request.OutputShape();
        int axis = MovementRules.Axis(Axis, output.Rank);
        if (layout == Layout.ChannelsLast)
        {
            return null;
        }
        bool cutsChannels = layout == Layout.Blocked8 && axis == 1;
        long before = 0;
        for (int i = 0; i < index; i++)
        {
            before += request.Inputs.Shape(i)[axis];
        }
        long end = before + request.Inputs.Shape(index)[axis];
        bool sharesBlocks = cutsChannels && (before % Layouts.Block != 0 || (end % Layouts.Block != 0 && end != output[1]));
        return output.CountRange(0, axis) == 1 && !sharesBlocks ? layout.Elements(output.With(axis, (int)before)) * request.Outputs[0].Type.Size() : null;
    }

    /// <summary>Each input gets its part of the gradient.</summary>
    public override void Differentiate(GradientContext context)
    {
        int axis = MovementRules.Axis(Axis, context.OutputShape().Rank);
        int start = 0;
        for (int i = 0; i < context.InputCount; i++)
        {
            int end = start + context.InputShape(i)[axis];
            if (context.Wants(i))
            {
                context.Give(i, context.Add(new Slice { Starts = [start], Ends = [end], Axes = [axis] }, context.Gradient));
            }
            start = end;
        }
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, Limits.MaxNodeValues);
        Shape first = inputs.Shape(0);
        int axis = MovementRules.Axis(Axis, first.Rank);
        long size = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            Shape shape = inputs.Shape(i);
            MovementRules.RequireSameType(inputs, 0, i);
            if (shape.Rank != first.Rank || shape.With(axis, 0) != first.With(axis, 0))
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"input {i} is {shape} and input 0 is {first}, they may differ along axis {axis} only", "check the model's input shapes");
            }
            size += shape[axis];
        }
        return [MovementRules.Joined(inputs, first.With(axis, MovementRules.Dim(size, $"dimension {axis}")))];
    }

    private static int AxisInMemory(Layout layout, int axis, int rank) =>
        layout != Layout.ChannelsLast || axis == 0 ? axis : axis == 1 ? rank - 1 : axis - 1;
}
