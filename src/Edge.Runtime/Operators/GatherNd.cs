using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Slices of input 0 at the tuples that the last axis of input 1 holds, batch by batch.</summary>
public sealed record GatherNd : Operator
{
    public const string Name = "GatherND";

    /// <summary>Leading dimensions that data and indices share, less than both ranks.</summary>
    public int BatchDims { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GatherNd { BatchDims = reader.Int("batch_dims", 0, 0) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("batch_dims", BatchDims, 0);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        return GatherNdKernels.Table.Prepare(IndexedSlicesProblem.Of(inputs.Shape(0), inputs.Shape(1), BatchDims, inputs.Type(0), inputs.Type(1)), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        MovementRules.RequireIndices(inputs, 1);
        Shape data = inputs.Shape(0);
        Shape indices = inputs.Shape(1);
        bool ranks = BatchDims >= 0 && BatchDims < data.Rank && BatchDims < indices.Rank;
        if (!ranks || !data.Dims[..BatchDims].SequenceEqual(indices.Dims[..BatchDims]) || indices[^1] > data.Rank - BatchDims)
        {
            throw new EdgeException(
                EdgeError.ShapeMismatch,
                $"data is {data} and indices are {indices} with {BatchDims} batch dimensions: these have to be equal, and the last dimension of the indices at most {data.Rank - BatchDims}",
                "check the model's input shapes");
        }
        return [MovementRules.Rearranged(inputs[0], new Shape([.. indices.Dims[..^1], .. data.Dims[(BatchDims + indices[^1])..]]))];
    }
}
