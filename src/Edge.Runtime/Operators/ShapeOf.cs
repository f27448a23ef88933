using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>The dimensions of input 0 from <see cref="Start"/> to before <see cref="End"/> as a list (s64).</summary>
public sealed record ShapeOf : Operator
{
    public const string Name = "Shape";

    /// <summary>Negative counts from the end; clamped.</summary>
    public int Start { get; init; }

    /// <summary>Negative counts from the end; clamped.</summary>
    public int End { get; init; } = int.MaxValue;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new ShapeOf { Start = reader.Int("start", 0), End = reader.Int("end", int.MaxValue) };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("start", Start, 0);
        writer.Int("end", End, int.MaxValue);
    }

    /// <summary>The list for a shape.</summary>
    public long[] Values(Shape shape)
    {
        int start = Clamp(Start, shape.Rank);
        int end = Math.Max(start, Clamp(End, shape.Rank));
        return [.. shape.ToArray()[start..end].Select(d => (long)d)];
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        KnownIntegersKernels.Table.Prepare(new KnownIntegersProblem(Values(request.Inputs.Shape(0))), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        return [new TensorInfo(DataType.S64, new Shape(Values(inputs.Shape(0)).Length))];
    }

    private static int Clamp(int axis, int rank) => Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
}
