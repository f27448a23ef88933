namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Convolutions =>
    [
        new(Conv.Name, Conv.Read),
        new(ConvTranspose.Name, ConvTranspose.Read),
        new(DeformConv.Name, DeformConv.Read),
        new(Gemm.Name, Gemm.Read),
        new(MatMul.Name, MatMul.Read),
        new(MaxPool.Name, MaxPool.Read),
        new(AveragePool.Name, AveragePool.Read),
        new(LpPool.Name, LpPool.Read),
        new(GlobalAveragePool.Name, GlobalAveragePool.Read),
        new(GlobalMaxPool.Name, GlobalMaxPool.Read),
        new(GlobalLpPool.Name, GlobalLpPool.Read),
        new(ChannelMaxPool.Name, ChannelMaxPool.Read),
        new(MaxUnpool.Name, MaxUnpool.Read),
    ];
}
