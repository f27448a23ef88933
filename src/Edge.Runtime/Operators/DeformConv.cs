using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Deformable 2-D convolution: X [N,C,H,W], W [M,C/group,kH,kW], offset [N,offsetGroup*kH*kW*2,oH,oW], optional bias [M],
/// optional mask [N,offsetGroup*kH*kW,oH,oW].
/// </summary>
public sealed record DeformConv : Operator
{
    public const string Name = "DeformConv";

    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Beginnings of both spatial axes, then ends; not negative.</summary>
    public required int[] Pads { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Dilations { get; init; }

    public int Group { get; init; } = 1;

    /// <summary>Groups of channels that share offsets.</summary>
    public int OffsetGroup { get; init; } = 1;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new DeformConv
    {
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        Group = reader.Int("group", 1, 1),
        OffsetGroup = reader.Int("offset_group", 1, 1),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
        writer.Ints("dilations", Dilations);
        writer.Int("group", Group, 1);
        writer.Int("offset_group", OffsetGroup, 1);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        Shape x = inputs.Shape(0);
        var problem = new DeformConvProblem(
            inputs.Type(0), x[0], x[1], request.OutputShape()[1], Group, OffsetGroup,
            WindowRules.Spatial(x, 2), WindowRules.Spatial(request.OutputShape(), 2), CreateWindow(inputs), inputs.Has(3), inputs.Has(4));
        return DeformConvKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request)
    {
        Shape w = request.Inputs.Shape(1);
        return new Cost(request.OutputShape().Count * w.CountRange(1, w.Rank), Cost.TotalBytes(request));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 5);
        TypeRules.RequireFloat(inputs);
        Window window = CreateWindow(inputs);
        Shape x = inputs.Shape(0);
        Shape w = inputs.Shape(1);
        bool fits = Group >= 1 && OffsetGroup >= 1 && w[0] % Group == 0 && (long)w[1] * Group == x[1] && x[1] % OffsetGroup == 0;
        if (!fits)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"input {x} and weights {w} do not fit with group {Group} and offset_group {OffsetGroup}", "check the input's channel count");
        }
        Shape output = WindowRules.Output(x, w[0], window);
        long taps = OffsetGroup * window.Kernel.Count;
        RequireShape(inputs, 2, "offset", x[0], taps * 2, output);
        RequireShape(inputs, 4, "mask", x[0], taps, output);
        if (inputs.Has(3) && inputs.Shape(3) != new Shape(w[0]))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the bias has shape {inputs.Shape(3)}, expected [{w[0]}]");
        }
        for (int i = 1; i < 5; i++)
        {
            TypeRules.RequireSameType(inputs, i);
        }
        return [new TensorInfo(inputs.Type(0), output)];
    }

    private static void RequireShape(in OperatorInputs inputs, int index, string name, int batch, long channels, Shape output)
    {
        if (inputs.Has(index) && (inputs.Shape(index).Rank != 4 || inputs.Shape(index)[0] != batch || inputs.Shape(index)[1] != channels
            || inputs.Shape(index)[2] != output[2] || inputs.Shape(index)[3] != output[3]))
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the {name} has shape {inputs.Shape(index)}, expected [{batch},{channels},{output[2]},{output[3]}]");
        }
    }

    private Window CreateWindow(in OperatorInputs inputs)
    {
        Shape x = inputs.Shape(0);
        Shape w = inputs.Shape(1);
        return x.Rank == 4 && w.Rank == 4
            ? WindowRules.Create(2, w.Dims[2..], Strides, Pads, Dilations)
            : throw new EdgeException(EdgeError.ShapeMismatch, $"input {x} and weights {w} must have rank 4: batch, channels and two spatial axes");
    }
}
