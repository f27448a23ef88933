using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Operators;

/// <summary>Mean of each channel.</summary>
public sealed record GlobalAveragePool : GlobalPoolOperator
{
    public const string Name = "GlobalAveragePool";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GlobalAveragePool();

    public override PreparedKernel CreateKernel(in KernelRequest request) => GlobalAveragePoolKernels.Table.Prepare(Problem(request), request.Query);
    public override void Differentiate(GradientContext context)
    {
        Shape shape = context.InputShape(0);
        Value share = context.Multiply(context.Gradient, context.Scalar(1.0 / Math.Max(1, shape.CountRange(2, shape.Rank))));
        context.Give(0, context.Add(new Expand { Dims = shape.ToArray() }, share));
    }

}
