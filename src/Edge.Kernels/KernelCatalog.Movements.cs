using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Movements =>
    [
        StridedCopyKernels.Table,
        ConcatKernels.Table,
        SplitKernels.Table,
    ];
}
