using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>Product of matrices of 8-bit integers; the result is the s32 sums. Inputs: A, B, optional zero points of A and B.</summary>
public sealed record MatMulInteger : IntegerMatMulOperator
{
    public const string Name = "MatMulInteger";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new MatMulInteger();

    protected override GemmRescale? Rescale(in OperatorInputs inputs) => null;

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(2, 4);
        return [new TensorInfo(DataType.S32, OutputShape(inputs))];
    }
}
