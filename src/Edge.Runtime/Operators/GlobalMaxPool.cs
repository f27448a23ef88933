using Edge.Kernels.Dispatch;
using Edge.Kernels.Pooling;

namespace Edge.Runtime.Operators;

/// <summary>Maximum of each channel; NaN wins over every number.</summary>
public sealed record GlobalMaxPool : GlobalPoolOperator
{
    public const string Name = "GlobalMaxPool";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new GlobalMaxPool();

    public override PreparedKernel CreateKernel(in KernelRequest request) => GlobalMaxPoolKernels.Table.Prepare(Problem(request), request.Query);
}
