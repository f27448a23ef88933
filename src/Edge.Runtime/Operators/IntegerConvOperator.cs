using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>
/// Convolution of 8-bit integers with int32 sums: X [N,C,spatial...], W [M,C/group,kernel...], optional zero point of X (single),
/// optional zero points of W (single or [M]). 1 to 3 spatial axes; padding counts as the zero point of X.
/// </summary>
public abstract record IntegerConvOperator : Operator
{
    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Beginnings of all spatial axes, then ends; not negative.</summary>
    public required int[] Pads { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Dilations { get; init; }

    public int Group { get; init; } = 1;

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
        writer.Ints("dilations", Dilations);
        writer.Int("group", Group, 1);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * request.Inputs.Shape(1).CountRange(1, request.Inputs.Shape(1).Rank), Cost.TotalBytes(request));

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        Shape x = inputs.Shape(0);
        int rank = x.Rank - 2;
        int channels = inputs.Shape(1)[0];
        bool requantizes = request.Outputs[0].Type != DataType.S32;
        var problem = new IntegerConvProblem(
            inputs.Type(0), inputs.Type(1), request.Outputs[0].Type, x[0], x[1], channels, Group,
            WindowRules.Spatial(x, rank), WindowRules.Spatial(request.OutputShape(), rank),
            ConvRules.CreateWindow(x, inputs.Shape(1), Strides, Pads, Dilations),
            inputs.Has(2), inputs.Has(3), requantizes && inputs.Has(4),
            QuantRules.ChannelStride(inputs, 3, channels), requantizes ? QuantRules.ChannelStride(inputs, 6, channels) : 0);
        return IntegerConvKernels.Table.Prepare(problem, request.Query);
    }

    /// <summary>Shape of the result, after checking inputs 0 to 3.</summary>
    protected Shape OutputShape(in OperatorInputs inputs)
    {
        Shape x = inputs.Shape(0);
        Shape w = inputs.Shape(1);
        QuantRules.Require8Bit(inputs, 0);
        QuantRules.Require8Bit(inputs, 1);
        Window window = ConvRules.CreateWindow(x, w, Strides, Pads, Dilations);
        ConvRules.CheckChannels(x, w, Group);
        QuantRules.RequireType(inputs, 2, inputs.Type(0));
        QuantRules.RequireSingle(inputs, 2);
        QuantRules.RequireType(inputs, 3, inputs.Type(1));
        _ = QuantRules.ChannelStride(inputs, 3, w[0]);
        return WindowRules.Output(x, w[0], window);
    }
}
