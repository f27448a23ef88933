using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Convolution, or product with a matrix, of float32 with 8-bit weights: the input is quantized by the range that it has in the run, products are summed in
/// integers, and the result is float32 (docs/quantization.md). Inputs: X (f32, [N,C,spatial...] with 1 to 3 spatial axes), W (s8, [M,C/group,kernel...]),
/// scales of W (f32, [M], finite, not negative), optional bias (f32, [M]). With W [M,K] it is the product of X [...,K] with the transpose of W; then
/// there are no strides, pads and dilations.
/// </summary>
public sealed record DynamicConv : Operator
{
    public const string Name = "DynamicConv";

    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Beginnings of all spatial axes, then ends; not negative. Padding counts as 0.</summary>
    public required int[] Pads { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Dilations { get; init; }

    public int Group { get; init; } = 1;

    /// <summary>None, Relu or Clip.</summary>
    public Activation Activation { get; init; }

    /// <summary>A product with a matrix.</summary>
    public static DynamicConv Product(Activation activation = default) => new() { Strides = [], Pads = [], Dilations = [], Activation = activation };

    /// <summary>Whether the operator can apply <paramref name="activation"/> to its result: those that are limits.</summary>
    public static bool CanApply(Activation activation) => activation.Kind switch
    {
        ActivationKind.None or ActivationKind.Relu => true,
        ActivationKind.Clip => activation.Alpha <= activation.Beta,
        _ => false,
    };

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader)
    {
        Activation activation = reader.Activation();
        return new DynamicConv
        {
            Strides = reader.RequiredInts("strides"),
            Pads = reader.RequiredInts("pads"),
            Dilations = reader.RequiredInts("dilations"),
            Group = reader.Int("group", 1, 1),
            Activation = CanApply(activation) ? activation : throw new EdgeException(EdgeError.BadAttribute, $"activation is {activation}, expected none, Relu, or Clip with limits in order"),
        };
    }

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
        writer.Ints("dilations", Dilations);
        writer.Int("group", Group, 1);
        writer.Activation(Activation);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        DynamicConvKernels.Table.Prepare(
            Problem(request, request.Inputs[0].Layout, request.Outputs[0].Layout) with { WeightSum = QuantRules.WeightSum(request.Inputs.Constant(1)) }, request.Query);

    /// <summary>Input in the layout that it has, planar or blocks; the fast rows write blocks.</summary>
    public override LayoutChoice ChooseLayouts(in KernelRequest request)
    {
        Layout given = request.Inputs[0].Layout;
        bool isFast = !IsProduct(request.Inputs) && DynamicConvKernels.Table.HasFastRow(Problem(request, given, Layout.Blocked8), request.Query);
        return isFast ? new LayoutChoice([given, Layout.Planar, Layout.Planar, Layout.Planar], Layout.Blocked8) : LayoutChoice.Planar(request.Inputs.Count);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * request.Inputs.Shape(1).CountRange(1, request.Inputs.Shape(1).Rank), Cost.TotalBytes(request));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(3, 4);
        QuantRules.RequireType(inputs, 0, DataType.F32);
        QuantRules.RequireType(inputs, 1, DataType.S8);
        QuantRules.RequireType(inputs, 2, DataType.F32);
        QuantRules.RequireType(inputs, 3, DataType.F32);
        Shape w = inputs.Shape(1);
        Shape output = w.Rank == 2 ? ProductShape(inputs.Shape(0), w) : ConvShape(inputs.Shape(0), w);
        ConvRules.CheckBias(inputs, 2, w[0]);
        ConvRules.CheckBias(inputs, 3, w[0]);
        RequireScales(inputs.Constant(2));
        return [new TensorInfo(DataType.F32, output)];
    }

    private static bool IsProduct(in OperatorInputs inputs) => inputs.Shape(1).Rank == 2;

    private static void RequireScales(Tensor? scales)
    {
        float[] values = scales?.ToArray<float>() ?? [];
        if (Array.FindIndex(values, v => !float.IsFinite(v) || v < 0) is >= 0 and var channel)
        {
            throw new EdgeException(EdgeError.BadValue, $"the scale of the weights of channel {channel} is {values[channel]}, expected a finite number that is not negative");
        }
    }

    private Shape ConvShape(Shape x, Shape w)
    {
        Window window = ConvRules.CreateWindow(x, w, Strides, Pads, Dilations);
        ConvRules.CheckChannels(x, w, Group);
        return WindowRules.Output(x, w[0], window);
    }

    private Shape ProductShape(Shape x, Shape w)
    {
        if (Strides.Length + Pads.Length + Dilations.Length > 0 || Group != 1)
        {
            throw new EdgeException(EdgeError.BadAttribute, $"a product with a matrix has {Strides.Length} strides, {Pads.Length} pads, {Dilations.Length} dilations and group {Group}, expected none and group 1");
        }
        if (x.Rank < 1 || x[^1] != w[1])
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the input has shape {x}, the weights have shape {w}; the last axis of both must be equal", "check the input's size");
        }
        return x.With(x.Rank - 1, w[0]);
    }

    private DynamicConvProblem Problem(in KernelRequest request, Layout input, Layout output)
    {
        OperatorInputs inputs = request.Inputs;
        Shape x = inputs.Shape(0);
        Shape w = inputs.Shape(1);
        (float least, float most) = Activation.Kind switch
        {
            ActivationKind.Relu => (0, float.PositiveInfinity),
            // -0 becomes 0.
            ActivationKind.Clip => (Activation.Alpha + 0f, Activation.Beta + 0f),
            _ => (float.NegativeInfinity, float.PositiveInfinity),
        };
        bool isNarrow = inputs.Constant(1) is { } weights && !weights.Span<sbyte>().Contains(sbyte.MinValue);
        if (IsProduct(inputs))
        {
            var rows = new Extent(1, checked((int)x.CountRange(0, x.Rank - 1)), 1);
            return new DynamicConvProblem(1, w[1], w[0], 1, rows, rows, Window.Of(Extent.One), inputs.Has(3), least, most, Layout.ChannelsLast, Layout.ChannelsLast) { NarrowWeights = isNarrow };
        }
        int rank = x.Rank - 2;
        return new DynamicConvProblem(
            x[0], x[1], w[0], Group, WindowRules.Spatial(x, rank), WindowRules.Spatial(request.OutputShape(), rank),
            ConvRules.CreateWindow(x, w, Strides, Pads, Dilations), inputs.Has(3), least, most, input, output)
        {
            NarrowWeights = isNarrow,
        };
    }
}
