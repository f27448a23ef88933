namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Quantizations =>
    [
        new(QuantizeLinear.Name, QuantizeLinear.Read),
        new(DequantizeLinear.Name, DequantizeLinear.Read),
        new(DynamicQuantizeLinear.Name, DynamicQuantizeLinear.Read),
        new(ConvInteger.Name, ConvInteger.Read),
        new(QLinearConv.Name, QLinearConv.Read),
        new(MatMulInteger.Name, MatMulInteger.Read),
        new(QLinearMatMul.Name, QLinearMatMul.Read),
    ];
}
