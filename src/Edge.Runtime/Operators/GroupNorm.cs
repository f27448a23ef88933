using Edge.Kernels.Dispatch;
using Edge.Kernels.Normalization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Normalizes each group of neighbouring channels (axis 1) of each image; as many groups as channels is instance
/// normalization. Inputs: x (N,C,...), scale and bias of one value per channel, or one per group.
/// </summary>
public sealed record GroupNorm : Operator
{
    public const string Name = "GroupNorm";

    /// <summary>Divides the number of channels.</summary>
    public required int Groups { get; init; }

    public float Epsilon { get; init; } = 1e-5f;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GroupNorm
    {
        Groups = reader.Int("groups", 1, 1),
        Epsilon = reader.Float("epsilon", 1e-5f),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("groups", Groups, 1);
        writer.Float("epsilon", Epsilon, 1e-5f);
    }

    public override bool CanRunInPlace(int index) => index == 0;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 6);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape shape = request.Inputs.Shape(0);
        int scales = request.Inputs.Shape(1)[0];
        long image = shape.CountRange(1, shape.Rank);
        var problem = new RowNormProblem(
            request.Inputs.Type(0),
            (long)shape[0] * Groups,
            checked((int)(image / Groups)),
            Epsilon,
            Centered: true,
            RowScale.PerRun,
            HasBias: true,
            Run: scales == 0 ? 0 : checked((int)(image / scales)),
            Scales: scales);
        return RowNormKernels.Table.Prepare(problem, request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 3);
        TypeRules.RequireFloat(inputs);
        Shape shape = inputs.Shape(0);
        if (shape.Rank < 2 || Groups < 1 || shape[1] % Groups != 0)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the channels of {shape} cannot be split into {Groups} groups", "the number of groups divides the number of channels");
        }
        for (int i = 1; i < 3; i++)
        {
            TypeRules.RequireSameType(inputs, i);
            if (inputs.Shape(i) != new Shape(shape[1]) && inputs.Shape(i) != new Shape(Groups))
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"input {i} has shape {inputs.Shape(i)}, expected [{shape[1]}] (one value per channel) or [{Groups}] (one per group)");
            }
        }
        return inputs.Shape(1) == inputs.Shape(2)
            ? [new TensorInfo(inputs.Type(0), shape)]
            : throw new EdgeException(EdgeError.ShapeMismatch, $"scale has shape {inputs.Shape(1)}, bias {inputs.Shape(2)}, expected the same");
    }
}
