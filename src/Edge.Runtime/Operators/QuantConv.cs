using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>
/// Convolution, or product with a matrix, of 8-bit or 16-bit integers with 8-bit weights, in integers only (docs/quantization.md). Inputs, all
/// but X constant in files that the converter writes: X (s8 or s16, [N,C,spatial...] with 0 to 3 spatial axes), W (s8, [M,C/group,kernel...]),
/// bias (s32, [M]), multipliers (s32, [M], not negative).
/// </summary>
public sealed record QuantConv : Operator
{
    public const string Name = "QuantConv";

    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Beginnings of all spatial axes, then ends; not negative. Padding counts as <see cref="XZero"/>.</summary>
    public required int[] Pads { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Dilations { get; init; }

    public int Group { get; init; } = 1;

    /// <summary>The integer that stands for 0 in X; 0 for s16.</summary>
    public int XZero { get; init; }

    public required QuantResult Result { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QuantConv
    {
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        Group = reader.Int("group", 1, 1),
        XZero = reader.Int("x_zero", 0, sbyte.MinValue, sbyte.MaxValue),
        Result = QuantResult.Read(reader),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
        writer.Ints("dilations", Dilations);
        writer.Int("group", Group, 1);
        writer.Int("x_zero", XZero, 0);
        Result.Write(writer);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) => QuantConvKernels.Table.Prepare(Problem(request), request.Query);

    public override LayoutChoice ChooseByteLayouts(in KernelRequest request)
    {
        bool last = request.Inputs.Shape(0).Rank > 2 && QuantConvKernels.WantChannelsLast(request.Query.Features | request.Query.ForIntegers);
        return last ? new LayoutChoice([Layout.ChannelsLast, Layout.Planar, Layout.Planar, Layout.Planar], Layout.ChannelsLast) : LayoutChoice.Planar(request.Inputs.Count);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * Problem(request).Taps, Cost.TotalBytes(request));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(4, 4);
        QuantRules.RequireQuantized(inputs, 0);
        QuantRules.RequireZero(inputs, 0, XZero);
        QuantRules.RequireType(inputs, 1, DataType.S8);
        QuantRules.RequireType(inputs, 2, DataType.S32);
        QuantRules.RequireType(inputs, 3, DataType.S32);
        Shape x = inputs.Shape(0);
        Shape w = inputs.Shape(1);
        if (x.Rank < 2 || w.Rank != x.Rank)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the input has shape {x} and the weights {w}, expected batch and channels first and as many spatial axes in both");
        }
        ConvRules.CheckChannels(x, w, Group);
        ConvRules.CheckBias(inputs, 2, w[0]);
        ConvRules.CheckBias(inputs, 3, w[0]);
        RequireMultipliers(inputs.Constant(3));
        Shape output = x.Rank == 2 ? new Shape(x[0], w[0]) : WindowRules.Output(x, w[0], CreateWindow(inputs));
        return [Result.Info(output)];
    }

    private static void RequireMultipliers(Tensor? multipliers)
    {
        int[] values = multipliers?.ToArray<int>() ?? [];
        if (Array.FindIndex(values, v => v < 0) is >= 0 and var channel)
        {
            throw new EdgeException(EdgeError.BadValue, $"the multiplier of channel {channel} is {values[channel]}, expected 0 to 2147483647");
        }
    }

    private Window CreateWindow(in OperatorInputs inputs) => inputs.Shape(0).Rank == 2
        ? Window.Of(Extent.One)
        : ConvRules.CreateWindow(inputs.Shape(0), inputs.Shape(1), Strides, Pads, Dilations);

    private QuantConvProblem Problem(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        Shape x = inputs.Shape(0);
        int rank = x.Rank - 2;
        // A tensor without spatial axes lies the same way in both layouts.
        bool isMatrix = rank == 0;
        bool isFast = isMatrix && QuantConvKernels.WantChannelsLast(request.Query.Features | request.Query.ForIntegers) && !request.Query.ReferenceOnly;
        return new QuantConvProblem(
            x[0], x[1], inputs.Shape(1)[0], Group, WindowRules.Spatial(x, rank), WindowRules.Spatial(request.OutputShape(), rank), CreateWindow(inputs),
            XZero, Result.Zero, Result.Low, Result.High,
            XNotNegative: inputs[0] is { Type: DataType.S8, Quant.Low: >= 0 },
            NarrowWeights: inputs.Constant(1) is { } weights && !weights.Span<sbyte>().Contains(sbyte.MinValue),
            isFast ? Layout.ChannelsLast : inputs[0].Layout,
            isFast ? Layout.ChannelsLast : request.Outputs[0].Layout)
        {
            XType = inputs.Type(0),
            YType = Result.Type,
            ConstantWeights = inputs.Constant(1) is not null && inputs.Constant(2) is not null,
            WeightSum = QuantRules.WeightSum(inputs.Constant(1)),
        };
    }
}
