using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Reductions =>
    [
        .. ReduceFunctions.All.Select(f => f.Table),
        ArgReduceKernels.Table,
        CumulateKernels.Table,
        TopKKernels.Table,
        HardmaxKernels.Table,
    ];
}
