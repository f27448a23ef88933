using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Copies of input 0 side by side: <see cref="Repeats"/> times along each axis, else as often as input 1 lists.</summary>
public sealed record Tile : Operator
{
    public const string Name = "Tile";

    /// <summary>One per axis, at least 0.</summary>
    public int[]? Repeats { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Tile { Repeats = reader.Ints("repeats") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        if (Repeats is not null)
        {
            writer.Ints("repeats", Repeats);
        }
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        long[] repeats = MovementRules.Integers(Repeats, inputs, 1) ?? throw new NotSupportedException("the repeats are not known");
        // The output may be empty for a huge repeat of nothing: its own dimensions tell whether numbers fit.
        int[] fitting = [.. repeats.Select(r => (int)Math.Min(r, int.MaxValue))];
        return StridedCopyKernels.Table.Prepare(ExpandKernels.TileProblem(inputs.Shape(0), fitting, inputs.Type(0).Size()), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(Repeats is null ? 2 : 1, Repeats is null ? 2 : 1);
        Shape shape = inputs.Shape(0);
        if (MovementRules.Integers(Repeats, inputs, 1) is not { } repeats)
        {
            return [MovementRules.Rearranged(inputs[0], null)];
        }
        if (repeats.Length != shape.Rank || repeats.Any(r => r < 0))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"repeats is [{MovementRules.Text(repeats)}], expected {shape.Rank} values of at least 0 for {shape}");
        }
        return [MovementRules.Rearranged(inputs[0], new Shape([.. shape.ToArray().Select((d, i) => MovementRules.Dim(checked(d * repeats[i]), $"dimension {i}"))]))];
    }
}
