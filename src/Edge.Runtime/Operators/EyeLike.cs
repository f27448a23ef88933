using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>A matrix of the shape of input 0 with ones on a diagonal and zeros elsewhere.</summary>
public sealed record EyeLike : Operator
{
    public const string Name = "EyeLike";

    /// <summary>0 is the main diagonal, positive ones lie above it.</summary>
    public int Diagonal { get; init; }

    /// <summary>Type of the output; <see cref="DataType.Unknown"/> = that of the input.</summary>
    public DataType Type { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new EyeLike { Diagonal = reader.Int("diagonal", 0), Type = reader.Enum("type", DataType.Unknown) };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("diagonal", Diagonal, 0);
        writer.Int("type", (int)Type, 0);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape shape = request.OutputShape();
        return EyeLikeKernels.Table.Prepare(new EyeLikeProblem(shape[0], shape[1], Diagonal, request.Outputs[0].Type), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        return inputs.Shape(0).Rank == 2
            ? [new TensorInfo(Type == DataType.Unknown ? inputs.Type(0) : Type, inputs.Shape(0))]
            : throw new EdgeException(EdgeError.ShapeMismatch, $"input 0 is {inputs[0]}, expected a matrix (rank 2)");
    }
}
