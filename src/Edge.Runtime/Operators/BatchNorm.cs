using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Normalization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>
/// activation(scale * (x - mean) / sqrt(variance + epsilon) + bias), per channel (axis 1). Inputs: x (N,C,...), then scale, bias,
/// mean and variance, each (C).
/// </summary>
public sealed record BatchNorm : Operator
{
    public const string Name = "BatchNorm";

    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Mean and variance are those of x; outputs 1 and 2 are the running ones, updated.</summary>
    public bool Training { get; init; }

    /// <summary>Share of the old running values in the new ones.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>Not with <see cref="Training"/>.</summary>
    public Activation Activation { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new BatchNorm
    {
        Epsilon = reader.Float("epsilon", 1e-5f),
        Training = reader.Flag("training"),
        Momentum = reader.Float("momentum", 0.9f),
        Activation = reader.Activation(),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Float("epsilon", Epsilon, 1e-5f);
        writer.Flag("training", Training);
        writer.Float("momentum", Momentum, 0.9f);
        writer.Activation(Activation);
    }

    public override bool CanRunInPlace(int index) => index == 0 && !Training;

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 2);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape shape = request.Inputs.Shape(0);
        var problem = new BatchNormProblem(
            request.Inputs.Type(0), shape[0], Channels(shape), shape.CountRange(Math.Min(2, shape.Rank), shape.Rank), Epsilon, Training, Momentum,
            Activation, request.Inputs[0].Layout, UpdatesRunning: request.Outputs.Length == 3);
        return BatchNormKernels.Table.Prepare(problem, request.Query);
    }

    public override LayoutChoice ChooseLayouts(in KernelRequest request) =>
        Training ? LayoutChoice.Planar(request.Inputs.Count) : LayoutChoice.FollowFirst(request.Inputs);

    public override int[] Parameters => [1, 2];

    /// <summary>Running mean and variance have no gradient.</summary>
    public override void Differentiate(GradientContext context)
    {
        if (context.OutputGradient(0) is not { } dy || context.InputShape(0).Rank < 2)
        {
            throw GradientRules.Missing("only the normalized output of rank 2 or more has a gradient rule");
        }
        IReadOnlyList<Value> gradients = context.AddMany(
            new BatchNormGradient { Epsilon = Epsilon, Training = Training }, 3, dy, context.Input(0), context.Input(1), context.Input(3), context.Input(4));
        for (int i = 0; i < 3; i++)
        {
            if (context.Wants(i))
            {
                context.Give(i, gradients[i]);
            }
        }
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(5, 5);
        TypeRules.RequireFloat(inputs);
        Shape shape = inputs.Shape(0);
        if (shape.Rank == 0)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, "the input is a scalar, expected (N,C,...)");
        }
        if (Activation.Kind != ActivationKind.None && (Training || inputs.Type(0) != DataType.F32))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"{Kind} of {inputs.Type(0).Name()}{(Training ? " in training" : "")} cannot apply the activation {Activation}");
        }
        for (int i = 1; i < 5; i++)
        {
            TypeRules.RequireSameType(inputs, i);
            if (inputs.Shape(i) != new Shape(Channels(shape)))
            {
                throw new EdgeException(EdgeError.ShapeMismatch, $"input {i} has shape {inputs.Shape(i)}, the input {shape} has {Channels(shape)} channels", "scale, bias, mean and variance have one value per channel");
            }
        }
        if (Training && inputs.OutputCount == 2)
        {
            throw new EdgeException(EdgeError.BadArity, "2 outputs are asked for, training has 1 or 3: y, and the running mean and variance");
        }
        var y = new TensorInfo(inputs.Type(0), shape);
        return Training ? [y, inputs[3], inputs[4]] : [y];
    }

    /// <summary>Axis 1; an input of rank 1 has one channel.</summary>
    private static int Channels(Shape shape) => shape.Rank > 1 ? shape[1] : 1;
}
