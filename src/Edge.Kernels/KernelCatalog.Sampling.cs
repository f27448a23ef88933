using Edge.Kernels.Detection;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Recurrent;
using Edge.Kernels.Resize;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Sampling =>
    [
        ResizeKernels.Table,
        GridSampleKernels.Table,
        AffineGridKernels.Table,
        RoiAlignKernels.Table,
        NonMaxSuppressionKernels.Table,
        RecurrentKernels.Table,
    ];
}
