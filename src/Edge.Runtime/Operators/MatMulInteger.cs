using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>
/// The int32 product of 8-bit A and B less their zero points, with the shapes of <see cref="MatMul"/>. Inputs: A, B, zero point
/// of A or null (one, or one per row), zero point of B or null (one, or one per column).
/// </summary>
public sealed record MatMulInteger : Operator
{
    public const string Name = "MatMulInteger";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new MatMulInteger();

    public override PreparedKernel CreateKernel(in KernelRequest request)
    {
        OperatorInputs inputs = request.Inputs;
        MatMulSizes sizes = MatMulSizes.Of(inputs.Shape(0), inputs.Shape(1));
        (long[] a, long[] b) = sizes.Offsets();
        (int aZero, int bZero) = ZeroStrides(inputs, sizes);
        var problem = new IntegerMatMulProblem(inputs.Type(0), inputs.Type(1), DataType.S32, sizes.M, sizes.N, sizes.K, a, b, aZero, bZero);
        return IntegerMatMulKernels.Table.Prepare(problem, request.Query);
    }

    public override Cost EstimateCost(in KernelRequest request) =>
        new(request.OutputShape().Count * MatMulSizes.Of(request.Inputs.Shape(0), request.Inputs.Shape(1)).K, Cost.TotalBytes(request));

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(4, 4);
        QuantizationRules.RequireByte(inputs, 0);
        QuantizationRules.RequireByte(inputs, 1);
        MatMulSizes sizes = MatMulSizes.Of(inputs.Shape(0), inputs.Shape(1));
        _ = ZeroStrides(inputs, sizes);
        return [new TensorInfo(DataType.S32, sizes.Output)];
    }

    private static (int A, int B) ZeroStrides(in OperatorInputs inputs, MatMulSizes sizes) => (
        QuantizationRules.ZeroStride(inputs, 2, inputs.Type(0), sizes.M),
        QuantizationRules.ZeroStride(inputs, 3, inputs.Type(1), sizes.N));
}
