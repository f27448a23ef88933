using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>A gradient of a <see cref="Conv"/>: its window, and the dimensions that the result has.</summary>
public abstract record ConvGradientOperator : Operator
{
    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Beginnings of all spatial axes, then ends; not negative.</summary>
    public required int[] Pads { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Dilations { get; init; }

    public int Group { get; init; } = 1;

    /// <summary>The shape of the result: that of what the gradient is by.</summary>
    public required int[] Dims { get; init; }

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
        writer.Ints("dilations", Dilations);
        writer.Int("group", Group, 1);
        writer.Ints("dims", Dims);
    }

    public override Cost EstimateCost(in KernelRequest request)
    {
        (Shape x, Shape w, Shape y) = Shapes(request.Inputs);
        ConvGradientProblem problem = Problem(request.Inputs.Type(0), x, w, y);
        return new Cost(y.Count * problem.Taps, Cost.TotalBytes(request));
    }

    /// <summary>Shapes of x, w and y of the convolution.</summary>
    protected abstract (Shape X, Shape W, Shape Y) Shapes(in OperatorInputs inputs);

    protected ConvGradientProblem Problem(in OperatorInputs inputs)
    {
        (Shape x, Shape w, Shape y) = Shapes(inputs);
        return Problem(inputs.Type(0), x, w, y);
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 2);
        TypeRules.RequireFloat(inputs);
        TypeRules.RequireSameType(inputs, 1);
        (Shape x, Shape w, Shape y) = Shapes(inputs);
        Window window = ConvRules.CreateWindow(x, w, Strides, Pads, Dilations);
        ConvRules.CheckChannels(x, w, Group);
        Shape expected = WindowRules.Output(x, w[0], window);
        return y == expected
            ? [new TensorInfo(inputs.Type(0), new Shape(Dims))]
            : throw new EdgeException(EdgeError.ShapeMismatch, $"the gradient has shape {y}, the convolution of {x} with weights {w} gives {expected}");
    }

    private ConvGradientProblem Problem(DataType type, Shape x, Shape w, Shape y)
    {
        int rank = x.Rank - 2;
        return new ConvGradientProblem(
            type, x[0], x[1], w[0], Group, WindowRules.Spatial(x, rank), WindowRules.Spatial(y, rank), ConvRules.CreateWindow(x, w, Strides, Pads, Dilations));
    }
}

/// <summary>Gradient of a <see cref="Conv"/> by x. Inputs: dy [N,M,...], w [M,C/group,kernel...]; output: dx of shape Dims.</summary>
public sealed record ConvInputGradient : ConvGradientOperator
{
    public const string Name = "ConvInputGradient";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new ConvInputGradient
    {
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        Group = reader.Int("group", 1, 1),
        Dims = reader.RequiredInts("dims"),
    };

    public override PreparedKernel CreateKernel(in KernelRequest request) => ConvInputGradientKernels.Table.Prepare(Problem(request.Inputs), request.Query);

    protected override (Shape X, Shape W, Shape Y) Shapes(in OperatorInputs inputs) => (GradientRules.Dims(Dims), inputs.Shape(1), inputs.Shape(0));
}

/// <summary>Gradient of a <see cref="Conv"/> by w. Inputs: x [N,C,...], dy [N,M,...]; output: dw of shape Dims, [M,C/group,kernel...].</summary>
public sealed record ConvWeightGradient : ConvGradientOperator
{
    public const string Name = "ConvWeightGradient";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new ConvWeightGradient
    {
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        Group = reader.Int("group", 1, 1),
        Dims = reader.RequiredInts("dims"),
    };

    public override PreparedKernel CreateKernel(in KernelRequest request) => ConvWeightGradientKernels.Table.Prepare(Problem(request.Inputs), request.Query);

    protected override (Shape X, Shape W, Shape Y) Shapes(in OperatorInputs inputs) => (inputs.Shape(0), GradientRules.Dims(Dims), inputs.Shape(1));
}
