using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>
/// The product of quantized A and B, quantized again, with the shapes of <see cref="MatMul"/>. Inputs: A, its scale and zero
/// point (one, or one per row), B, its scale and zero point (one, or one per column), scale and zero point of the output (one).
/// </summary>
public sealed record QLinearMatMul : Operator
{
    public const string Name = "QLinearMatMul";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QLinearMatMul();

    public override PreparedKernel CreateKernel(in KernelRequest request) =>
        IntegerMatMulKernels.Table.Prepare(Problem(request.Inputs), request.Query);

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * MatMulSizes.Of(request.Inputs.Shape(0), request.Inputs.Shape(3)).K, Cost.TotalBytes(request));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(8, 8);
        QuantizationRules.RequireByte(inputs, 0);
        QuantizationRules.RequireByte(inputs, 3);
        QuantizationRules.RequireByte(inputs, 7);
        QuantizationRules.ScaleStride(inputs, 6, 1);
        QuantizationRules.ZeroStride(inputs, 7, inputs.Type(7), 1);
        _ = Problem(inputs);
        return [new TensorInfo(inputs.Type(7), MatMulSizes.Of(inputs.Shape(0), inputs.Shape(3)).Output)];
    }

    private static IntegerMatMulProblem Problem(in OperatorInputs inputs)
    {
        MatMulSizes sizes = MatMulSizes.Of(inputs.Shape(0), inputs.Shape(3));
        (long[] a, long[] b) = sizes.Offsets();
        return new IntegerMatMulProblem(
            inputs.Type(0), inputs.Type(3), inputs.Type(7), sizes.M, sizes.N, sizes.K, a, b,
            QuantizationRules.ZeroStride(inputs, 2, inputs.Type(0), sizes.M),
            QuantizationRules.ZeroStride(inputs, 5, inputs.Type(3), sizes.N),
            QuantizationRules.ScaleStride(inputs, 1, sizes.M),
            QuantizationRules.ScaleStride(inputs, 4, sizes.N));
    }
}
