using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Gemm;
using Edge.Kernels.Pooling;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Convolutions =>
    [
        ConvKernels.Table,
        ConvTransposeKernels.Table,
        DeformConvKernels.Table,
        GemmKernels.Table,
        MaxPoolKernels.Table,
        BytePoolKernels.Table,
        AveragePoolKernels.Table,
        LpPoolKernels.Table,
        GlobalAveragePoolKernels.Table,
        GlobalLpPoolKernels.Table,
        GlobalMaxPoolKernels.Table,
        ChannelMaxPoolKernels.Table,
        MaxUnpoolKernels.Table,
    ];
}
