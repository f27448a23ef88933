using Edge.Kernels.Dispatch;
using Edge.Kernels.Resize;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Sampling =>
    [
        ResizeKernels.Table,
    ];
}
