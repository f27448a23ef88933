using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>
/// Transposed convolution: X [N,C,spatial...], W [C,M/group,kernel...], optional bias [M]. Along each spatial axis the output
/// has (input - 1) * stride + (kernel - 1) * dilation + 1 - pads + output padding positions.
/// </summary>
public sealed record ConvTranspose : Operator
{
    public const string Name = "ConvTranspose";

    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Output positions cut away: beginnings of all spatial axes, then ends; not negative.</summary>
    public required int[] Pads { get; init; }

    /// <summary>Output positions added at the end of each spatial axis; not negative.</summary>
    public required int[] OutputPadding { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Dilations { get; init; }

    public int Group { get; init; } = 1;

    public Activation Activation { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new ConvTranspose
    {
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        OutputPadding = reader.RequiredInts("output_padding"),
        Dilations = reader.RequiredInts("dilations"),
        Group = reader.Int("group", 1, 1),
        Activation = reader.Activation(),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
        writer.Ints("output_padding", OutputPadding);
        writer.Ints("dilations", Dilations);
        writer.Int("group", Group, 1);
        writer.Activation(Activation);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        Shape x = inputs.Shape(0);
        int rank = x.Rank - 2;
        var problem = new ConvTransposeProblem(
            inputs.Type(0), x[0], x[1], request.OutputShape()[1], Group,
            WindowRules.Spatial(x, rank), WindowRules.Spatial(request.OutputShape(), rank), CreateWindow(inputs),
            inputs.Has(2), Activation, inputs.Constant(1) is not null);
        return ConvTransposeKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.Inputs.Shape(0).Count * request.Inputs.Shape(1).CountRange(1, request.Inputs.Shape(1).Rank), Cost.TotalBytes(request));

    public override int[] Parameters => [1, 2];

    /// <summary>A transposed convolution is the adjoint of a convolution with the same weights, so its gradients are those of that one exchanged.</summary>
    public override void Differentiate(GradientContext context)
    {
        if (OutputPadding.Where((p, i) => p >= Strides[i]).Any())
        {
            throw GradientRules.Missing($"output_padding is [{string.Join(',', OutputPadding)}], gradients are known where it is below the strides");
        }
        Value dy = context.Gradient;
        if (context.Wants(0))
        {
            context.Give(0, context.Add(new Conv { Strides = Strides, Pads = Pads, Dilations = Dilations, Group = Group }, dy, context.Input(1)));
        }
        if (context.Wants(1))
        {
            context.Give(1, context.Add(
                new ConvWeightGradient { Strides = Strides, Pads = Pads, Dilations = Dilations, Group = Group, Dims = context.InputShape(1).ToArray() }, dy, context.Input(0)));
        }
        if (context.Wants(2))
        {
            context.Give(2, ConvRules.BiasGradient(context));
        }
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 3);
        TypeRules.RequireFloat(inputs);
        TypeRules.RequireSameType(inputs, 1);
        TypeRules.RequireSameType(inputs, 2);
        Window window = CreateWindow(inputs);
        Shape x = inputs.Shape(0);
        Shape w = inputs.Shape(1);
        long channels = (long)w[1] * Group;
        if (Group < 1 || w[0] != x[1] || x[1] % Group != 0 || channels > int.MaxValue)
        {
            throw new EdgeException(
                EdgeError.ShapeMismatch, $"input {x} and weights {w} do not fit with group {Group}: the weights must have {x[1]} rows, a multiple of group", "check the input's channel count and the attribute group");
        }
        if (inputs.Has(2) && inputs.Shape(2) != new Shape((int)channels))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the bias has shape {inputs.Shape(2)}, expected [{channels}]");
        }
        return [new TensorInfo(inputs.Type(0), Output(x, (int)channels, window))];
    }

    private Shape Output(Shape x, int channels, Window window)
    {
        int rank = x.Rank - 2;
        int[] dims = x.ToArray();
        dims[1] = channels;
        for (int i = 0; i < rank; i++)
        {
            int axis = Extent.MaxRank - rank + i;
            long full = checked(((dims[2 + i] - 1L) * window.Stride[axis]) + window.Span(axis) + OutputPadding[i]);
            long size = full - window.PadBegin[axis] - window.PadEnd[axis];
            if (size < 0 || full > int.MaxValue)
            {
                throw new EdgeException(
                    EdgeError.ShapeMismatch,
                    $"axis {2 + i} of input {x} gives {full} outputs, less pads {window.PadBegin[axis]} and {window.PadEnd[axis]}; expected 0 to {int.MaxValue}",
                    "correct pads, output_padding or output_shape");
            }
            dims[2 + i] = dims[2 + i] == 0 ? 0 : (int)size;
        }
        return new Shape(dims);
    }

    private Window CreateWindow(in OperatorInputs inputs)
    {
        Shape x = inputs.Shape(0);
        Shape w = inputs.Shape(1);
        int rank = WindowRules.SpatialRank(x);
        if (w.Rank != x.Rank)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the weights have shape {w}, expected rank {x.Rank} as of input {x}");
        }
        if (OutputPadding.Length != rank || OutputPadding.Any(p => p < 0))
        {
            throw new EdgeException(EdgeError.BadAttribute, $"output_padding is [{string.Join(',', OutputPadding)}], expected {rank} values of at least 0");
        }
        return WindowRules.Create(rank, w.Dims[2..], Strides, Pads, Dilations);
    }
}
