using Edge.Kernels.Dispatch;
using Edge.Kernels.Losses;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Losses =>
    [
        LossKernels.Table,
        LossGradientKernels.Table,
    ];
}
