using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>The input unchanged.</summary>
public sealed record Identity : Operator
{
    public const string Name = "Identity";

    public override string Kind => Name;

    public override int? ViewOf => 0;

    public static Operator Read(AttributeReader reader) => new Identity();

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        new("copy_bytes_scalar", new CopyKernel(0, request.Outputs[0].Bytes));

    public override void Differentiate(GradientContext context) => context.Give(0, context.Reshape(context.Gradient, context.InputShape(0)));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        return [inputs[0]];
    }
}
