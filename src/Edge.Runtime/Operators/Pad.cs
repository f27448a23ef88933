using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>
/// Adds elements around input 0, or cuts them off. What is not an attribute is an input: 1 the pads (s64), 2 the value (an
/// element of the data's type), 3 the axes that the pads belong to.
/// </summary>
public sealed record Pad : Operator
{
    public const string Name = "Pad";

    /// <summary>For every axis the number in front, then for every axis the number behind; negative ones cut off. Null: input 1.</summary>
    public int[]? Pads { get; init; }

    public PadMode Mode { get; init; }

    /// <summary>Fills for <see cref="PadMode.Constant"/>, unless input 2 is there; converted to the data's type.</summary>
    public float Value { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) =>
        new Pad { Pads = reader.Ints("pads"), Mode = reader.Enum("mode", PadMode.Constant), Value = reader.Float("value", 0) };

    public override void WriteAttributes(AttributeWriter writer)
    {
        if (Pads is not null)
        {
            writer.Ints("pads", Pads);
        }
        writer.Int("mode", (int)Mode, 0);
        writer.Float("value", Value, 0);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        int[] pads = Resolve(inputs) ?? throw new NotSupportedException("the pads are not known");
        DataType type = inputs.Type(0);
        Shape shape = inputs.Shape(0);
        Layout layout = inputs[0].Layout;
        int rank = shape.Rank;
        if (layout == Layout.Blocked8 && (pads[1] != 0 || pads[rank + 1] != 0))
        {
            int[] map = [.. Enumerable.Range(-pads[1], request.OutputShape()[1]).Select(c => c < shape[1] ? Math.Max(c, -1) : -1)];
            return ChannelMapKernels.Table.Prepare(
                new ChannelMapProblem(shape[0], shape.CountRange(2, rank), [shape[1]], [map.Length], map, layout), request.Query);
        }
        // In blocks, the lanes are one more axis, which is kept.
        int[] lanes = layout == Layout.Blocked8 ? [0] : [];
        return PadKernels.Table.Prepare(
            new PadProblem(layout.InMemory(shape), [.. pads[..rank], .. lanes], [.. pads[rank..], .. lanes], Mode, type.Size(), PadKernels.Bits(type, Value), inputs.Has(2)),
            request.Query);
    }

    /// <summary>Blocks stay blocks where everything but channels is padded, or zeros are added to the channels.</summary>
    public override LayoutChoice ChooseLayouts(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        int rank = inputs.Shape(0).Rank;
        if (rank < 2 || Resolve(inputs) is not { } pads)
        {
            return LayoutChoice.Planar(inputs.Count);
        }
        bool keepsChannels = pads[1] == 0 && pads[rank + 1] == 0;
        bool addsZeros = Mode == PadMode.Constant && !inputs.Has(2) && Value == 0;
        bool isOnlyChannels = Enumerable.Range(0, 2 * rank).All(i => i % rank == 1 || pads[i] == 0);
        return keepsChannels || (addsZeros && isOnlyChannels) ? LayoutChoice.FollowFirst(inputs) : LayoutChoice.Planar(inputs.Count);
    }

    /// <summary>Constant padding is cut off; what other modes repeat goes back to where it came from.</summary>
    public override void Differentiate(GradientContext context)
    {
        Shape shape = context.InputShape(0);
        int[] pads = Resolve(new OperatorInputs(context.Node.Inputs, 1))!;
        Value gradient = context.Gradient;
        if (Mode == PadMode.Constant && pads.All(p => p >= 0))
        {
            int[] starts = pads[..shape.Rank];
            context.Give(0, context.Add(
                new Slice { Starts = starts, Ends = [.. starts.Select((s, i) => s + shape[i])], Axes = [.. Enumerable.Range(0, shape.Rank)] }, gradient));
            return;
        }
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            (int before, int after) = (pads[axis], pads[shape.Rank + axis]);
            if (before != 0 || after != 0)
            {
                var problem = new PadProblem(new Shape(shape[axis], shape[axis]), [0, before], [0, after], Mode, context.Type.Size(), 0);
                Tensor matrix = AxisMatrix.Transposed(
                    PadKernels.Table.Prepare(problem, KernelQuery.Reference).Kernel, context.Type, shape[axis], shape[axis] + before + after);
                gradient = AxisMatrix.Apply(context, gradient, axis, matrix);
            }
        }
        context.Give(0, gradient);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 4);
        if (inputs.Has(2) && (inputs.Type(2) != inputs.Type(0) || inputs.Shape(2).Count != 1))
        {
            throw new EdgeException(EdgeError.TypeMismatch, $"the value is {inputs[2]}, expected one element of {inputs.Type(0).Name()}");
        }
        Shape shape = inputs.Shape(0);
        if (Resolve(inputs) is not { } pads)
        {
            return [MovementRules.Rearranged(inputs[0].Unbounded, null)];
        }
        var dims = new int[shape.Rank];
        for (int i = 0; i < dims.Length; i++)
        {
            dims[i] = PaddedDim(shape[i], pads[i], pads[shape.Rank + i], i);
        }
        return [MovementRules.Rearranged(inputs[0].Unbounded, new Shape(dims))];
    }

    private int PaddedDim(int dim, long before, long after, int axis)
    {
        long kept = dim + Math.Min(before, 0) + Math.Min(after, 0);
        if (kept < 0)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the pads {before} and {after} cut more off axis {axis} than its {dim} elements", "check the model's input shape");
        }
        if (kept == 0 && Mode != PadMode.Constant && (before > 0 || after > 0))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"axis {axis} has no elements that mode {Mode} could repeat", "check the model's input shape");
        }
        return MovementRules.Dim(dim + before + after, $"dimension {axis}");
    }

    /// <summary>Pads for every axis; null where only a run can tell.</summary>
    private int[]? Resolve(in OperatorInputs inputs)
    {
        long[]? pads = MovementRules.Integers(Pads, inputs, 1);
        long[]? axes = MovementRules.Integers(null, inputs, 3);
        if (pads is null || (axes is null && inputs.Has(3)))
        {
            return pads is not null || inputs.Has(1) ? null : throw new EdgeException(EdgeError.MissingAttribute, "pads are missing");
        }
        int rank = inputs.Shape(0).Rank;
        int[] padded = axes is null ? [.. Enumerable.Range(0, rank)] : MovementRules.DistinctAxes(axes, rank);
        if (pads.Length != 2 * padded.Length || pads.Any(p => p is < -int.MaxValue or > int.MaxValue))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"pads is [{MovementRules.Text(pads)}], expected {2 * padded.Length} values of 32 bits: those in front of each axis, then those behind");
        }
        var result = new int[2 * rank];
        for (int i = 0; i < padded.Length; i++)
        {
            result[padded[i]] = (int)pads[i];
            result[rank + padded[i]] = (int)pads[padded.Length + i];
        }
        return result;
    }
}
