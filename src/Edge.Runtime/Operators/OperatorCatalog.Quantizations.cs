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
        new(QuantConv.Name, QuantConv.Read),
        new(QuantAdd.Name, QuantAdd.Read),
        new(QuantTable.Name, QuantTable.Read),
        new(QuantAveragePool.Name, QuantAveragePool.Read),
        new(QuantSoftmax.Name, QuantSoftmax.Read),
        new(GroupDequantize.Name, GroupDequantize.Read),
        new(DynamicConv.Name, DynamicConv.Read),
    ];
}
