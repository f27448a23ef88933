using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// The upper or lower triangle of each matrix (the last two axes) of input 0, zeros elsewhere. Input 1, where present, is the
/// diagonal (s64) in place of <see cref="Diagonal"/>.
/// </summary>
public sealed record Trilu : Operator
{
    public const string Name = "Trilu";

    public bool Upper { get; init; } = true;

    /// <summary>0 is the main diagonal, positive ones lie above it.</summary>
    public int Diagonal { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Trilu { Upper = reader.Flag("upper", true), Diagonal = reader.Int("diagonal", 0) };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Flag("upper", Upper, true);
        writer.Int("diagonal", Diagonal, 0);
    }

    public override bool CanRunInPlace(int index) => index == 0;

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape shape = request.OutputShape();
        long matrices = shape.Count == 0 ? 0 : shape.CountRange(0, shape.Rank - 2);
        return TriluKernels.Table.Prepare(
            new TriluProblem(matrices, shape[^2], shape[^1], Upper, Diagonal, request.Inputs.Type(0).Size(), request.Inputs.Has(1)), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 2);
        if (inputs.Shape(0).Rank < 2)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"input 0 is {inputs[0]}, expected matrices (rank 2 or more)");
        }
        return !inputs.Has(1) || (inputs.Type(1) == DataType.S64 && inputs.Shape(1).Count == 1)
            ? [inputs[0]]
            : throw new EdgeException(EdgeError.TypeMismatch, $"the diagonal is {inputs[1]}, expected one s64");
    }
}
