using Edge.Kernels.Dispatch;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Elementwise => [];
}
