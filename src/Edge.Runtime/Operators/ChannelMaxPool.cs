using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>
/// Maximum over groups of adjacent channels of X [N,C,...]: output channel c is the maximum of the input channels
/// c * GroupSize to (c + 1) * GroupSize - 1. Pools over learned transformations, as in maxout.
/// </summary>
public sealed record ChannelMaxPool : Operator
{
    public const string Name = "ChannelMaxPool";

    /// <summary>A divisor of the number of channels.</summary>
    public required int GroupSize { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new ChannelMaxPool { GroupSize = reader.Int("group_size", 1, 1) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("group_size", GroupSize, 1);

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        Shape x = request.Inputs.Shape(0);
        var problem = new ChannelMaxPoolProblem(request.Inputs.Type(0), (long)x[0] * (x[1] / GroupSize), GroupSize, x.CountRange(2, x.Rank));
        return ChannelMaxPoolKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, GroupSize);

    /// <summary>As of windows over the channels of each group.</summary>
    public override void Differentiate(GradientContext context)
    {
        Shape x = context.InputShape(0);
        int planes = x[0] * (x[1] / GroupSize);
        int positions = (int)x.CountRange(2, x.Rank);
        Value gradient = context.Add(
            new MaxPoolGradient { Kernel = [GroupSize, 1], Strides = [1, 1], Pads = [0, 0, 0, 0], Dilations = [1, 1] },
            context.Reshape(context.Input(0), new Shape(planes, 1, GroupSize, positions)), context.Reshape(context.Gradient, new Shape(planes, 1, 1, positions)));
        context.Give(0, context.Reshape(gradient, x));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        Shape x = inputs.Shape(0);
        if (x.Rank < 2 || GroupSize < 1 || x[1] % GroupSize != 0)
        {
            throw new EdgeException(EdgeError.ShapeMismatch, $"the input has shape {x}, expected batch and a number of channels that {GroupSize} divides");
        }
        return [inputs[0] with { Shape = x.With(1, x[1] / GroupSize) }];
    }
}
