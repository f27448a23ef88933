using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;

namespace Edge.Runtime.Operators;

/// <summary>The norm (sum |x|^p)^(1/p) of each channel.</summary>
public sealed record GlobalLpPool : GlobalPoolOperator
{
    public const string Name = "GlobalLpPool";

    /// <summary>At least 1.</summary>
    public int P { get; init; } = 2;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GlobalLpPool { P = reader.Int("p", 2, 1) };

    public override void WriteAttributes(AttributeWriter writer) => writer.Int("p", P, 2);

    public override PreparedKernel CreateKernel(in KernelRequest request) => GlobalLpPoolKernels.Table.Prepare(Problem(request) with { P = P }, request.Query);
    public override void Differentiate(GradientContext context) =>
        GradientRules.Norm(context, P, g => context.Add(new Expand { Dims = context.InputShape(0).ToArray() }, g));

}
