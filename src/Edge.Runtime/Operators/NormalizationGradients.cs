using Edge.Kernels.Dispatch;
using Edge.Kernels.Normalization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Gradients of a <see cref="BatchNorm"/>. Inputs: the gradient of the result, x, scale, mean, variance; outputs: the gradients of x,
/// scale and bias. See <see cref="BatchNormGradientKernels"/>.
/// </summary>
public sealed record BatchNormGradient : Operator
{
    public const string Name = "BatchNormGradient";

    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Mean and variance are those of x; inputs 3 and 4 are not read.</summary>
    public bool Training { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new BatchNormGradient { Epsilon = reader.Float("epsilon", 1e-5f), Training = reader.Flag("training") };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Float("epsilon", Epsilon, 1e-5f);
        writer.Flag("training", Training);
    }

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 6);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(1);
        return BatchNormGradientKernels.Table.Prepare(
            new BatchNormProblem(request.Inputs.Type(0), x[0], x[1], x.CountRange(2, x.Rank), Epsilon, Training), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(5, 5);
        TypeRules.RequireFloat(inputs);
        Shape x = inputs.Shape(1);
        if (x.Rank < 2 || inputs.Shape(0) != x)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the gradient has shape {inputs.Shape(0)} and x {x}, expected one shape (N,C,...)");
        }
        for (int i = 1; i < 5; i++)
        {
            TypeRules.RequireSameType(inputs, i);
            if (i > 1 && inputs.Shape(i) != new Shape(x[1]))
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"input {i} has shape {inputs.Shape(i)}, expected one value for each of {x[1]} channels");
            }
        }
        var perChannel = new TensorInfo(inputs.Type(0), new Shape(x[1]));
        return [new TensorInfo(inputs.Type(0), x), perChannel, perChannel];
    }
}

/// <summary>Gradient of a <see cref="LocalResponseNorm"/>. Inputs: the gradient of the result, x; output: the gradient of x.</summary>
public sealed record LocalResponseNormGradient : Operator
{
    public const string Name = "LocalResponseNormGradient";

    /// <summary>Width of the window; at least 1.</summary>
    public required int Size { get; init; }

    public float Alpha { get; init; } = 1e-4f;

    public float Beta { get; init; } = 0.75f;

    public float Bias { get; init; } = 1;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new LocalResponseNormGradient
    {
        Size = reader.Int("size", 1, 1),
        Alpha = reader.Float("alpha", 1e-4f),
        Beta = reader.Float("beta", 0.75f),
        Bias = reader.Float("bias", 1),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Int("size", Size, 1);
        writer.Float("alpha", Alpha, 1e-4f);
        writer.Float("beta", Beta, 0.75f);
        writer.Float("bias", Bias, 1);
    }

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 60 + (4 * Size));

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(1);
        return LocalResponseNormGradientKernels.Table.Prepare(
            new LocalResponseNormProblem(request.Inputs.Type(0), x[0], x[1], x.CountRange(2, x.Rank), Size, Alpha, Beta, Bias), request.Query);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        TypeRules.RequireFloat(inputs);
        TypeRules.RequireSameType(inputs, 1);
        return inputs.Shape(0).Rank >= 2 && inputs.Shape(0) == inputs.Shape(1)
            ? [new TensorInfo(inputs.Type(0), inputs.Shape(0))]
            : throw new EdgeException(EdgeError.ShapeMismatch, $"the inputs have shapes {inputs.Shape(0)} and {inputs.Shape(1)}, expected one shape (N,C,...)");
    }
}
