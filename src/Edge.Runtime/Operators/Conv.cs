using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>
/// Convolution: X [N,C,spatial...], W [M,C/group,kernel...], optional bias [M], optional residual of the output's shape, which
/// is added before the activation. 1 to 3 spatial axes.
/// </summary>
public sealed record Conv : Operator
{
    public const string Name = "Conv";

    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Beginnings of all spatial axes, then ends; not negative.</summary>
    public required int[] Pads { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Dilations { get; init; }

    public int Group { get; init; } = 1;

    public Activation Activation { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new Conv
    {
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        Group = reader.Int("group", 1, 1),
        Activation = reader.Activation(),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
        writer.Ints("dilations", Dilations);
        writer.Int("group", Group, 1);
        writer.Activation(Activation);
    }

    /// <summary>The residual may be overwritten: every kernel row reads it at a position just before it writes there.</summary>
    public override bool CanRunInPlace(int index) => index == 3;

    public override PreparedKernel CreateKernel(in KernelRequest request) => ConvKernels.Table.Prepare(Problem(request), request.Query);

    public override LayoutChoice ChooseLayouts(in KernelRequest request)
    {
        (Layout input, Layout output) = ConvKernels.PreferredLayouts(Problem(request), request.Inputs[0].Layout);
        return new LayoutChoice([input, Layout.Planar, Layout.Planar, output], output);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * Problem(request).Taps, Cost.TotalBytes(request));

    public override int[] Parameters => [1, 2];

    public override void Differentiate(GradientContext context)
    {
        Value dy = context.Gradient;
        if (context.Wants(0))
        {
            context.Give(0, context.Add(
                new ConvInputGradient { Strides = Strides, Pads = Pads, Dilations = Dilations, Group = Group, Dims = context.InputShape(0).ToArray() }, dy, context.Input(1)));
        }
        if (context.Wants(1))
        {
            context.Give(1, context.Add(
                new ConvWeightGradient { Strides = Strides, Pads = Pads, Dilations = Dilations, Group = Group, Dims = context.InputShape(1).ToArray() }, context.Input(0), dy));
        }
        if (context.Wants(2))
        {
            context.Give(2, ConvRules.BiasGradient(context));
        }
        if (context.Wants(3))
        {
            context.Give(3, dy);
        }
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 4);
        TypeRules.RequireFloat(inputs);
        Window window = CreateWindow(inputs);
        Shape x = inputs.Shape(0);
        Shape w = inputs.Shape(1);
        ConvRules.CheckChannels(x, w, Group);
        for (int i = 1; i < 4; i++)
        {
            TypeRules.RequireSameType(inputs, i);
        }
        Shape output = WindowRules.Output(x, w[0], window);
        ConvRules.CheckBias(inputs, 2, w[0]);
        if (inputs.Has(3) && inputs.Shape(3) != output)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the residual has shape {inputs.Shape(3)}, expected that of the output, {output}");
        }
        return [new TensorInfo(inputs.Type(0), output)];
    }

    private Window CreateWindow(in OperatorInputs inputs) => ConvRules.CreateWindow(inputs.Shape(0), inputs.Shape(1), Strides, Pads, Dilations);

    private ConvProblem Problem(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        Shape x = inputs.Shape(0);
        int rank = x.Rank - 2;
        return new ConvProblem(
            inputs.Type(0), x[0], x[1], inputs.Shape(1)[0], Group,
            WindowRules.Spatial(x, rank), WindowRules.Spatial(request.OutputShape(), rank), CreateWindow(inputs),
            inputs.Has(2), inputs.Has(3), Activation, inputs[0].Layout, request.Outputs[0].Layout)
        {
            ConstantWeights = inputs.Constant(1) is not null,
        };
    }
}
