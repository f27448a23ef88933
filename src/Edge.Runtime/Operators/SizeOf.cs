using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>The number of elements of input 0 (s64 scalar).</summary>
public sealed record SizeOf : Operator
{
    public const string Name = "Size";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new SizeOf();

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        KnownIntegersKernels.Table.Prepare(new KnownIntegersProblem([request.Inputs.Shape(0).Count]), request.Query);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        return [new TensorInfo(DataType.S64, Shape.Scalar)];
    }
}
