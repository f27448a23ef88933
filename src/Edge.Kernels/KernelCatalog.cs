using Edge.Kernels.Dispatch;

namespace Edge.Kernels;

/// <summary>Every kernel table, by family. Tests, benchmarks and <c>edge doctor</c> enumerate this list.</summary>
public static partial class KernelCatalog
{
    public static readonly IKernelTable[] Tables =
    [
        .. Convolutions,
        .. Elementwise,
        .. Reductions,
        .. Normalizations,
        .. Losses,
        .. Movements,
        .. Sampling,
        .. Quantizations,
    ];
}
