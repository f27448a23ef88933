using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>Permutes the axes: output axis i is input axis <see cref="Permutation"/>[i].</summary>
public sealed record Transpose : Operator
{
    public const string Name = "Transpose";

    /// <summary>A permutation of 0..rank-1.</summary>
    public required int[] Permutation { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Transpose { Permutation = reader.RequiredInts("permutation") };

    public override void WriteAttributes(AttributeWriter writer) => writer.Ints("permutation", Permutation);

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        StridedCopyKernels.Table.Prepare(TransposeKernels.Problem(request.Inputs.Shape(0), Permutation, request.Inputs.Type(0).Size()), request.Query);

    public override void Differentiate(GradientContext context)
    {
        var inverse = new int[Permutation.Length];
        for (int i = 0; i < inverse.Length; i++)
        {
            inverse[Permutation[i]] = i;
        }
        context.Give(0, context.Add(new Transpose { Permutation = inverse }, context.Gradient));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        Shape shape = inputs.Shape(0);
        if (!Permutation.Order().SequenceEqual(Enumerable.Range(0, shape.Rank)))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"the permutation [{string.Join(',', Permutation)}] is not one of the axes of {shape}", "list each axis once");
        }
        return [MovementRules.Rearranged(inputs[0], TransposeKernels.OutputShape(shape, Permutation))];
    }
}
