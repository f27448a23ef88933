using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>Maximum of each channel; NaN wins over every number.</summary>
public sealed record GlobalMaxPool : GlobalPoolOperator
{
    public const string Name = "GlobalMaxPool";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GlobalMaxPool();

    public override PreparedKernel CreateKernel(in KernelRequest request) => GlobalMaxPoolKernels.Table.Prepare(Problem(request), request.Query);
    /// <summary>As of one window over everything.</summary>
    public override void Differentiate(GradientContext context)
    {
        Shape shape = context.InputShape(0);
        var lines = new Shape(shape[0], shape[1], (int)shape.CountRange(2, shape.Rank));
        Value gradient = context.Add(
            new MaxPoolGradient { Kernel = [lines[2]], Strides = [1], Pads = [0, 0], Dilations = [1] },
            context.Reshape(context.Input(0), lines), context.Reshape(context.Gradient, new Shape(shape[0], shape[1], 1)));
        context.Give(0, context.Reshape(gradient, shape));
    }

}
