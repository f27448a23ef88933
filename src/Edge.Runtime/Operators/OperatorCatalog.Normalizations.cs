namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Normalizations =>
    [
        new(BatchNorm.Name, BatchNorm.Read),
        new(LayerNorm.Name, LayerNorm.Read),
        new(LayerNorm.RootMeanSquareName, LayerNorm.ReadRootMeanSquare),
        new(GroupNorm.Name, GroupNorm.Read),
        new(LocalResponseNorm.Name, LocalResponseNorm.Read),
        new(Softmax.Name, Softmax.Read),
        new(Softmax.LogarithmName, Softmax.ReadLogarithm),
    ];
}
