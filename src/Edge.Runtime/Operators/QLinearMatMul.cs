using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;

namespace Edge.Runtime.Operators;

/// <summary>
/// Product of matrices of 8-bit integers, requantized: y = saturate(round(sum * (aScale * bScale / yScale)) + yZero).
/// Inputs, integers first: A, B, zeros of A, zeros of B, then the scales of A, of B, of y, and the zeros of y, whose type is that
/// of the result. Parameters of A and y are single, [M] or [batch...,M,1], those of B single, [N] or [batch...,1,N].
/// </summary>
public sealed record QLinearMatMul : IntegerMatMulOperator
{
    public const string Name = "QLinearMatMul";

    public override string Kind => Name;

    public static Operator Read(AttributeReader reader) => new QLinearMatMul();

    protected override GemmRescale? Rescale(in OperatorInputs inputs)
    {
        MatMulSizes sizes = MatMulSizes.Measure(inputs);
        return new GemmRescale(
            QuantRules.Lines(inputs, 4, sizes, columns: false),
            QuantRules.Lines(inputs, 5, sizes, columns: true),
            QuantRules.Lines(inputs, 6, sizes, columns: false),
            QuantRules.Lines(inputs, 7, sizes, columns: false));
    }

    protected override TensorInfo[] Infer(in OperatorInputs inputs)
    {
        inputs.RequireCount(8, 8);
        Shape output = OutputShape(inputs);
        QuantRules.RequireType(inputs, 4, DataType.F32);
        QuantRules.RequireType(inputs, 5, DataType.F32);
        QuantRules.RequireType(inputs, 6, DataType.F32);
        QuantRules.Require8Bit(inputs, 7);
        _ = Rescale(inputs);
        return [new TensorInfo(inputs.Type(7), output)];
    }
}
