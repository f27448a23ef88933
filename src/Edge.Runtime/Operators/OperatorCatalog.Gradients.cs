using Edge.Kernels.Elementwise;

namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Gradients =>
    [
        .. UnaryFunctions.All.Where(f => f.GradientTable is not null).Select(UnaryGradient.Entry),
        new(ConvInputGradient.Name, ConvInputGradient.Read),
        new(ConvWeightGradient.Name, ConvWeightGradient.Read),
        new(MaxPoolGradient.Name, MaxPoolGradient.Read),
        new(PoolSpread.Name, PoolSpread.Read),
        new(BatchNormGradient.Name, BatchNormGradient.Read),
        new(LocalResponseNormGradient.Name, LocalResponseNormGradient.Read),
        new(Loss.Name, Loss.Read),
        new(LossGradient.Name, LossGradient.Read),
    ];
}
