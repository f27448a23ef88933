using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;

namespace Edge.Runtime.Operators;

/// <summary>Mean of each channel.</summary>
public sealed record GlobalAveragePool : GlobalPoolOperator
{
    public const string Name = "GlobalAveragePool";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GlobalAveragePool();

    public override PreparedKernel CreateKernel(in KernelRequest request) => GlobalAveragePoolKernels.Table.Prepare(Problem(request), request.Query);
}
