using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>
/// y = x / (bias + alpha / size * sum of x^2 over <paramref name="Size"/> neighbouring channels)^beta for a tensor
/// (Batch, Channels, Spatial). The window around channel c runs from c - floor((size - 1) / 2) to c + ceil((size - 1) / 2),
/// cut at the ends.
/// </summary>
public sealed record LocalResponseNormProblem(DataType Type, long Batch, int Channels, long Spatial, int Size, float Alpha, float Beta, float Bias)
{
    /// <summary>First channel of the window around a channel.</summary>
    public int First(int channel) => Math.Max(0, channel - ((Size - 1) / 2));

    /// <summary>The channel behind the window.</summary>
    public int End(int channel) => (int)Math.Min(Channels, (long)channel + (Size / 2) + 1);
}

/// <summary>Local response normalization across channels (AlexNet, GoogLeNet).</summary>
public static class LocalResponseNormKernels
{
    public static readonly KernelTable<LocalResponseNormProblem> Table = new(
        "lrn",
        [
            new("lrn_f32_avx2", CpuFeatures.Avx2, FitsLanes, p => new LocalResponseNormLanes<F32x8>(p)),
            new("lrn_f32_v128", CpuFeatures.Simd128, FitsLanes, p => new LocalResponseNormLanes<F32x4>(p)),
            new("lrn_float_ref", CpuFeatures.None, p => p.Type is DataType.F32 or DataType.F64, Reference),
        ]);

    private static bool FitsLanes(LocalResponseNormProblem problem) =>
        problem.Type == DataType.F32 && problem.Batch * problem.Channels <= int.MaxValue && problem.Spatial <= int.MaxValue;

    private static Kernel Reference(LocalResponseNormProblem problem) =>
        problem.Type == DataType.F64 ? new LocalResponseNormReference<double>(problem) : new LocalResponseNormReference<float>(problem);
}
