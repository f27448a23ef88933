using Edge.Kernels.Dispatch;
using Edge.Kernels.Normalization;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Normalizations =>
    [
        BatchNormKernels.Table,
        BatchNormGradientKernels.Table,
        LocalResponseNormGradientKernels.Table,
        RowNormKernels.Table,
        LocalResponseNormKernels.Table,
        SoftmaxKernels.Table,
    ];
}
