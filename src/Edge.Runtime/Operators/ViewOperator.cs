using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;

namespace Edge.Runtime.Operators;

/// <summary>An operator whose output has the bytes of input 0 under another shape. The planner gives both one memory.</summary>
public abstract record ViewOperator : Operator
{
    public sealed override int? ViewOf => 0;

    /// <summary>The copy that runs where input and output cannot share memory.</summary>
    public sealed override PreparedKernel CreateKernel(in KernelRequest request) =>
        new("copy_bytes_scalar", new CopyKernel(0, request.Outputs[0].Bytes));
}
