using Edge.Kernels.Dispatch;
using Edge.Kernels.Losses;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>A loss, one element. Inputs: predictions, targets, weights, all of one shape; the last axis holds the classes. See <see cref="LossKind"/>.</summary>
public sealed record Loss : Operator
{
    public const string Name = "Loss";

    public LossKind Formula { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Loss { Formula = reader.Enum("formula", LossKind.CrossEntropy) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("formula", (int)Formula, 0);

    public override Cost EstimateCost(in KernelRequest request) => new(request.Inputs.Shape(0).Count * 10, Cost.TotalBytes(request));

    public override PreparedKernel CreateKernel(in KernelRequest request) => LossKernels.Table.Prepare(Problem(request.Inputs, Formula), request.Query);

    /// <summary>By the predictions only.</summary>
    public override void Differentiate(GradientContext context)
    {
        if (context.Wants(1) || context.Wants(2))
        {
            throw GradientRules.Missing("targets and weights of a loss have no gradient");
        }
        Value gradient = context.Add(new LossGradient { Formula = Formula }, context.Input(0), context.Input(1), context.Input(2));
        context.Give(0, context.Multiply(gradient, context.Gradient));
    }

    internal static LossProblem Problem(in OperatorInputs inputs, LossKind formula)
    {
        Shape shape = inputs.Shape(0);
        return new LossProblem(inputs.Type(0), formula, shape.CountRange(0, shape.Rank - 1), shape[^1]);
    }

    internal static void Check(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 3);
        TypeRules.RequireFloat(inputs);
        for (int i = 0; i < 3; i++)
        {
            TypeRules.RequireSameType(inputs, i);
            if (inputs.Shape(i).Rank == 0 || inputs.Shape(i) != inputs.Shape(0))
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"input {i} has shape {inputs.Shape(i)}, the predictions {inputs.Shape(0)}; expected one shape with at least one axis");
            }
        }
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        Check(inputs);
        return [new TensorInfo(inputs.Type(0), Shape.Scalar)];
    }
}

/// <summary>Gradient of a <see cref="Loss"/> by the predictions, from the same inputs.</summary>
public sealed record LossGradient : Operator
{
    public const string Name = "LossGradient";

    public LossKind Formula { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new LossGradient { Formula = reader.Enum("formula", LossKind.CrossEntropy) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("formula", (int)Formula, 0);

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 20);

    public override PreparedKernel CreateKernel(in KernelRequest request) => LossGradientKernels.Table.Prepare(Loss.Problem(request.Inputs, Formula), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        Loss.Check(inputs);
        return [new TensorInfo(inputs.Type(0), inputs.Shape(0))];
    }
}
