using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>Mean over windows.</summary>
public sealed record AveragePool : PoolOperator
{
    public const string Name = "AveragePool";

    /// <summary>Padding counts as zeros instead of being left out of the mean.</summary>
    public bool CountIncludePad { get; init; }

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new AveragePool
    {
        Kernel = reader.RequiredInts("kernel"),
        Strides = reader.RequiredInts("strides"),
        Pads = reader.RequiredInts("pads"),
        Dilations = reader.RequiredInts("dilations"),
        CeilMode = reader.Flag("ceil_mode"),
        CountIncludePad = reader.Flag("count_include_pad"),
    };

    public override void WriteAttributes(AttributeWriter writer)
    {
        base.WriteAttributes(writer);
        writer.Flag("count_include_pad", CountIncludePad);
    }

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        AveragePoolKernels.Table.Prepare(Problem(request) with { CountIncludePad = CountIncludePad }, request.Query);

    public override void Differentiate(GradientContext context) => context.Give(0, context.Add(
        new PoolSpread
        {
            Kernel = Kernel, Strides = Strides, Pads = Pads, Dilations = Dilations, CeilMode = CeilMode,
            Dims = context.InputShape(0).ToArray(), IsAverage = true, CountIncludePad = CountIncludePad,
        },
        context.Gradient));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        TypeRules.RequireFloat(inputs);
        return [new TensorInfo(inputs.Type(0), PooledShape(inputs))];
    }
}
