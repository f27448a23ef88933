using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>The indices of the elements of input 0 that are not zero, one column for each (s64); a scalar gives no rows.</summary>
public sealed record NonZero : Operator
{
    public const string Name = "NonZero";

    public override string Kind => Name;

    public override bool HasDataDependentShape => true;

    public static Operator Read(AttributeReader reader) => new NonZero();

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        NonZeroKernels.Table.Prepare(new NonZeroProblem(request.Inputs.Shape(0), request.Inputs.Type(0)), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        return [new TensorInfo(DataType.S64, null)];
    }
}
