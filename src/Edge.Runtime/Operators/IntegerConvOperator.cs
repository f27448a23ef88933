using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Operators;

/// <summary>What convolutions of 8-bit tensors share: X [N,C,spatial...], W [M,C/group,kernel...], 1 to 3 spatial axes.</summary>
public abstract record IntegerConvOperator : Operator
{
    /// <summary>One per spatial axis.</summary>
    public required int[] Strides { get; init; }

    /// <summary>Beginnings of all spatial axes, then ends; not negative.</summary>
    public required int[] Pads { get; init; }

    /// <summary>One per spatial axis.</summary>
    public required int[] Dilations { get; init; }

    public int Group { get; init; } = 1;

    /// <summary>The input that holds W.</summary>
    protected abstract int Weights { get; }

    public override void WriteAttributes(AttributeWriter writer)
    {
        writer.Ints("strides", Strides);
        writer.Ints("pads", Pads);
        writer.Ints("dilations", Dilations);
        writer.Int("group", Group, 1);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        IntegerConvKernels.Table.Prepare(Problem(request.Inputs), request.Query);

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * Problem(request.Inputs).Taps, Cost.TotalBytes(request));

    /// <summary>The problem for an output of type <paramref name="result"/>; checks types, shapes and attributes.</summary>
    private protected IntegerConvProblem Problem(in OperatorInputs inputs, DataType result, int wZeroStride, int wScaleStride)
    {
        QuantizationRules.RequireByte(inputs, 0);
        QuantizationRules.RequireByte(inputs, Weights);
        Shape x = inputs.Shape(0);
        Shape w = inputs.Shape(Weights);
        int rank = WindowRules.SpatialRank(x);
        if (w.Rank != x.Rank || Group < 1 || w[0] % Group != 0 || (long)w[1] * Group != x[1])
        {
            throw new EdgeException(
                EdgeError.ShapeMismatch,
                $"input {x} and weights {w} do not fit with group {Group}: both have the same rank, {x.Dims[1]} channels must be group times the weights' second axis, and their first a multiple of group",
                "check the input's channel count and the attribute group");
        }
        Window window = WindowRules.Create(rank, w.Dims[2..], Strides, Pads, Dilations);
        Shape output = WindowRules.Output(x, w[0], window);
        return new IntegerConvProblem(
            inputs.Type(0), inputs.Type(Weights), result, x[0], x[1], w[0], Group,
            WindowRules.Spatial(x, rank), WindowRules.Spatial(output, rank), window, wZeroStride, wScaleStride);
    }

    private protected abstract IntegerConvProblem Problem(in OperatorInputs inputs);

    /// <summary>Shape of the output of a problem that <see cref="Problem(in OperatorInputs)"/> has checked.</summary>
    private protected static Shape OutputShape(IntegerConvProblem problem, int rank)
    {
        int[] spatial = [problem.OutputSize.D, problem.OutputSize.H, problem.OutputSize.W];
        return new Shape([problem.Batch, problem.OutChannels, .. spatial[^(rank - 2)..]]);
    }
}
