using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Movements =>
    [
        StridedCopyKernels.Table,
        ReorderKernels.Table,
        ChannelMapKernels.Table,
        ConcatKernels.Table,
        SplitKernels.Table,
        GatherKernels.Table,
        GatherElementsKernels.Table,
        ScatterElementsKernels.Table,
        GatherNdKernels.Table,
        ScatterNdKernels.Table,
        PadKernels.Table,
        OneHotKernels.Table,
        TriluKernels.Table,
        EyeLikeKernels.Table,
        RangeKernels.Table,
        KnownIntegersKernels.Table,
        NonZeroKernels.Table,
        CompressKernels.Table,
        ReverseSequenceKernels.Table,
        Col2ImKernels.Table,
        EinsumKernels.Table,
    ];
}
