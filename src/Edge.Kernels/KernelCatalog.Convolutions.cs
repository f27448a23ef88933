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
        ConvInputGradientKernels.Table,
        ConvWeightGradientKernels.Table,
        ConvTransposeKernels.Table,
        DeformConvKernels.Table,
        GemmKernels.Table,
        MaxPoolKernels.Table,
        MaxPoolGradientKernels.Table,
        PoolSpreadKernels.Table,
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
