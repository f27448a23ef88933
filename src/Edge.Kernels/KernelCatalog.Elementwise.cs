using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Elementwise =>
    [
        .. UnaryFunctions.All.Select(f => f.Table),
        .. UnaryFunctions.All.Select(f => f.GradientTable).OfType<KernelTable<UnaryProblem>>(),
        .. BinaryFunctions.All.Select(f => f.Table),
        CastKernels.Table,
        WhereKernels.Table,
    ];
}
