using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Reverses the first elements of each sequence of input 0; input 1 (s64) tells how many for each of the batch.</summary>
public sealed record ReverseSequence : Operator
{
    public const string Name = "ReverseSequence";

    /// <summary>Time is axis 0 and batch axis 1, else the other way round.</summary>
    public bool TimeFirst { get; init; } = true;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new ReverseSequence { TimeFirst = reader.Flag("time_first", true) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Flag("time_first", TimeFirst, true);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape shape = request.OutputShape();
        int time = shape[TimeFirst ? 0 : 1];
        int batch = shape[TimeFirst ? 1 : 0];
        long inner = shape.Count == 0 ? 0 : shape.CountRange(2, shape.Rank) * request.Inputs.Type(0).Size();
        return ReverseSequenceKernels.Table.Prepare(new ReverseSequenceProblem(time, batch, inner, TimeFirst), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        Shape shape = inputs.Shape(0);
        return shape.Rank >= 2 && inputs.Type(1) == DataType.S64 && inputs.Shape(1) == new Shape(shape[TimeFirst ? 1 : 0])
            ? [inputs[0]]
            : throw new EdgeException(EdgeError.ShapeMismatch, $"input 0 is {inputs[0]} and the lengths are {inputs[1]}, expected rank 2 or more and one s64 for each sequence", "check the model's input shapes");
    }
}
