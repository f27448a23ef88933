using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>The norm (sum |x|^p)^(1/p) over windows.</summary>
public sealed record LpPool : PoolOperator
{
    public const string Name = "LpPool";

    /// <summary>At least 1.</summary>
    public int P { get; init; } = 2;

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new LpPool
    {
        Kernel = reader.RequiredInts("kernel"),
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        CeilMode = reader.Flag("ceil_mode"),
        P = reader.Int("p", 2, 1),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        base.WriteAttributes(writer);
        writer.Int("p", P, 2);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) => LpPoolKernels.Table.Prepare(Problem(request) with { P = P }, request.Query);

    public override void Differentiate(GradientContext context)
    {
        var spread = new PoolSpread { Kernel = Kernel, Strides = Strides, Pads = Pads, Dilations = Dilations, CeilMode = CeilMode, Dims = context.InputShape(0).ToArray() };
        GradientRules.Norm(context, P, g => context.Add(spread, g));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        TypeRules.RequireFloat(inputs);
        return [new TensorInfo(inputs.Type(0), PooledShape(inputs))];
    }
}
