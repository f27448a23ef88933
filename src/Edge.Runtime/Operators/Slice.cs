using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Part of input 0 along axes: from start to before end by step, as in NumPy. What is not an attribute is read from inputs 1 to 4
/// (starts, ends, axes, steps), which makes the shape a matter of the run where these are not constant.
/// </summary>
public sealed record Slice : Operator
{
    public const string Name = "Slice";

    /// <summary>Negative counts from the end; out of range is clamped.</summary>
    public int[]? Starts { get; init; }

    public int[]? Ends { get; init; }

    /// <summary>Null: the first axes, or input 3.</summary>
    public int[]? Axes { get; init; }

    /// <summary>Not 0; negative walks backwards. Null: all 1, or input 4.</summary>
    public int[]? Steps { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) =>
        new Slice { Starts = reader.Ints("starts"), Ends = reader.Ints("ends"), Axes = reader.Ints("axes"), Steps = reader.Ints("steps") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        foreach ((string name, int[]? values) in new[] { ("starts", Starts), ("ends", Ends), ("axes", Axes), ("steps", Steps) })
        {
            if (values is not null)
            {
                writer.Ints(name, values);
            }
        }
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Window window = Resolve(request.Inputs) ?? throw new NotSupportedException("the range of a slice is not known");
        Shape input = request.Inputs.Shape(0);
        Shape output = request.OutputShape();
        Layout layout = request.Inputs[0].Layout;
        if (layout == Layout.Blocked8 && !window.Keeps(input, 1))
        {
            int[] map = [.. Enumerable.Range(0, output[1]).Select(c => window.Starts[1] + (c * window.Steps[1]))];
            return ChannelMapKernels.Table.Prepare(
                new ChannelMapProblem(input[0], input.CountRange(2, input.Rank), [input[1]], [output[1]], map, layout), request.Query);
        }
        // In blocks, the lanes are one more axis, which is kept.
        int[] lanes = layout == Layout.Blocked8 ? [0] : [];
        return StridedCopyKernels.Table.Prepare(
            SliceKernels.Problem(layout.InMemory(input), layout.InMemory(output), [.. window.Starts, .. lanes], [.. window.Steps, .. lanes.Select(_ => 1)], request.Inputs.Type(0).Size()),
            request.Query);
    }

    /// <summary>Blocks stay blocks where channels are cut, or everything but channels.</summary>
    public override LayoutChoice ChooseLayouts(in KernelRequest request)
    {
        Shape input = request.Inputs.Shape(0);
        bool fits = Resolve(request.Inputs) is { } window
            && (window.Keeps(input, 1) || Enumerable.Range(0, input.Rank).All(axis => axis == 1 || window.Keeps(input, axis)));
        return fits ? LayoutChoice.FollowFirst(request.Inputs) : LayoutChoice.Planar(request.Inputs.Count);
    }

    /// <summary>The gradient with zeros around it. Steps other than 1 have no rule.</summary>
    public override void Differentiate(GradientContext context)
    {
        Shape shape = context.InputShape(0);
        Window? window = Resolve(new OperatorInputs(context.Node.Inputs, 1));
        if (window is null || Enumerable.Range(0, shape.Rank).Any(axis => window.Counts[axis] > 1 && window.Steps[axis] != 1))
        {
            throw GradientRules.Missing("a slice with steps other than 1 has no gradient rule");
        }
        int[] after = [.. window.Starts.Select((start, axis) => shape[axis] - start - window.Counts[axis])];
        context.Give(0, context.Add(new Pad { Pads = [.. window.Starts, .. after] }, context.Gradient));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 5);
        return [MovementRules.Rearranged(inputs[0], Resolve(inputs) is { } window ? new Shape(window.Counts) : null)];
    }

    /// <summary>Start, step and number of elements for every axis; null where only a run can tell.</summary>
    private Window? Resolve(in OperatorInputs inputs)
    {
        long[]? starts = MovementRules.Integers(Starts, inputs, 1);
        long[]? ends = MovementRules.Integers(Ends, inputs, 2);
        long[]? axes = MovementRules.Integers(Axes, inputs, 3);
        long[]? steps = MovementRules.Integers(Steps, inputs, 4);
        if (starts is null || ends is null || (axes is null && inputs.Has(3)) || (steps is null && inputs.Has(4)))
        {
            return starts is not null || inputs.Has(1) ? null : throw new EdgeException(EdgeError.MissingAttribute, "starts and ends are missing");
        }
        Shape shape = inputs.Shape(0);
        axes ??= [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        steps ??= [.. Enumerable.Repeat(1L, starts.Length)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"{starts.Length} starts, {ends.Length} ends, {axes.Length} axes and {steps.Length} steps are given, expected as many of each");
        }
        var window = new Window(new int[shape.Rank], [.. Enumerable.Repeat(1, shape.Rank)], shape.ToArray());
        int[] sliced = MovementRules.DistinctAxes(axes, shape.Rank);
        for (int i = 0; i < sliced.Length; i++)
        {
            window.Cut(sliced[i], starts[i], ends[i], steps[i]);
        }
        return window;
    }

    private sealed record Window(int[] Starts, int[] Steps, int[] Counts)
    {
        /// <summary>Whether an axis of <paramref name="input"/> stays as it is.</summary>
        public bool Keeps(Shape input, int axis) => Counts[axis] == input[axis] && (Counts[axis] <= 1 || Steps[axis] == 1);

        public void Cut(int axis, long start, long end, long step)
        {
            if (step == 0)
            {
                throw new EdgeException(EdgeError.BadAttribute, $"the step of axis {axis} is 0", "use a step other than 0");
            }
            // Steps beyond the size of any tensor all mean the same: one element.
            step = Math.Clamp(step, -int.MaxValue, int.MaxValue);
            long dim = Counts[axis];
            long first = step > 0 ? 0 : -1;
            long from = Math.Clamp(start < 0 ? start + dim : start, Math.Min(0, dim + first), Math.Max(0, dim + first));
            long to = Math.Clamp(end < 0 ? end + dim : end, first, Math.Max(first, dim + first));
            long span = step > 0 ? to - from : from - to;
            Starts[axis] = (int)from;
            Steps[axis] = (int)step;
            Counts[axis] = dim == 0 || span <= 0 ? 0 : (int)((span + Math.Abs(step) - 1) / Math.Abs(step));
        }
    }
}
