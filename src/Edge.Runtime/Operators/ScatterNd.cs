using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Input 0 with slices changed: those at the tuples that the last axis of input 1 holds are combined with input 2.</summary>
public sealed record ScatterNd : Operator
{
    public const string Name = "ScatterND";

    public ScatterReduction Reduction { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new ScatterNd { Reduction = reader.Enum("reduction", ScatterReduction.None) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("reduction", (int)Reduction, 0);

    public override bool CanRunInPlace(int index) => index == 0;

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        var slices = IndexedSlicesProblem.Of(inputs.Shape(0), inputs.Shape(1), 0, inputs.Type(0), inputs.Type(1), Reduction);
        return ScatterNdKernels.Table.Prepare(new ScatterNdProblem(slices, inputs[0].Bytes), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 3);
        MovementRules.RequireIndices(inputs, 1);
        MovementRules.RequireSameType(inputs, 0, 2);
        Shape data = inputs.Shape(0);
        Shape indices = inputs.Shape(1);
        if (indices.Rank == 0 || indices[^1] > data.Rank || !inputs.Shape(2).Dims.SequenceEqual([.. indices.Dims[..^1], .. data.Dims[indices[^1]..]]))
        {
            throw new EdgeException(
                EdgeError.ShapeMismatch,
                $"data is {data}, indices are {indices}, updates {inputs.Shape(2)}: the last dimension of the indices counts leading axes of the data, the updates have the other dimensions of both",
                "check the model's input shapes");
        }
        return [inputs[0]];
    }
}
