using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;

namespace Edge.Kernels;

public static partial class KernelCatalog
{
    private static IKernelTable[] Quantizations =>
    [
        QuantizeKernels.Table,
        DequantizeKernels.Table,
        DynamicQuantizeKernels.Table,
        IntegerConvKernels.Table,
        IntegerGemmKernels.Table,
        QuantConvKernels.Table,
        QuantAddKernels.Table,
        QuantTableKernels.Table,
        QuantAveragePoolKernels.Table,
        QuantSoftmaxKernels.Table,
        GroupDequantizeKernels.Table,
        DynamicConvKernels.Table,
    ];
}
