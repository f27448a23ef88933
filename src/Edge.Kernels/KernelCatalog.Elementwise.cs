using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Elementwise =>
    [
        .. UnaryFunctions.All.Select(f => f.Table),
        .. BinaryFunctions.All.Select(f => f.Table),
        CastKernels.Table,
        WhereKernels.Table,
    ];
}
