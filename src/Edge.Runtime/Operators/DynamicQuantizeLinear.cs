using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>Quantizes to u8 by the range of the values. Outputs: y, scale (scalar, of x's type), zero point (scalar).</summary>
public sealed record DynamicQuantizeLinear : Operator
{
    public const string Name = "DynamicQuantizeLinear";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new DynamicQuantizeLinear();

    public override PreparedKernel CreateKernel(in KernelRequest request) => request.Inputs.Type(0) == DataType.F32
        ? DynamicQuantizeKernels.Table.Prepare(new DynamicQuantizeProblem(request.Inputs.Shape(0).Count), request.Query)
        : throw new NotSupportedException($"dynamicquantize: no kernel row for {request.Inputs.Type(0).Name()}");

    public override Cost EstimateCost(in KernelRequest request) => Cost.PerElement(request, 4);

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(1, 1);
        TypeRules.RequireFloat(inputs);
        return
        [
            new TensorInfo(DataType.U8, inputs.Shape(0)),
            new TensorInfo(inputs.Type(0), Shape.Scalar),
            new TensorInfo(DataType.U8, Shape.Scalar),
        ];
    }
}
