using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>
/// y = x / (bias + alpha / size * sum of x^2 over <paramref name="Size"/> neighbouring channels)^beta for a tensor
/// (Batch, Channels, Spatial). The window around channel c runs from c - floor((size - 1) / 2) to c + ceil((size - 1) / 2),
/// cut at the ends.
/// </summary>
/// <param name="Layout">Of x and y.</param>
public sealed record LocalResponseNormProblem(
    DataType Type, long Batch, int Channels, long Spatial, int Size, float Alpha, float Beta, float Bias, Layout Layout = Layout.Planar)
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
            new("lrn_f32_avx2_blocks", CpuFeatures.Avx2 | CpuFeatures.Fma, LocalResponseNormBlocks.Fits, LocalResponseNormBlocks.Create<F32x8>),
            new("lrn_f32_avx2", CpuFeatures.Avx2, FitsLanes, Create<F32x8>),
            new("lrn_f32_v128_blocks", CpuFeatures.Simd128, LocalResponseNormBlocks.Fits, LocalResponseNormBlocks.Create<F32x4>),
            new("lrn_f32_v128", CpuFeatures.Simd128, FitsLanes, Create<F32x4>),
            new("lrn_float_ref", CpuFeatures.None, p => p.Type is DataType.F32 or DataType.F64, Reference),
        ]) { Device = () => NormalizationDevice.LocalResponseNorm };

    private static bool FitsLanes(LocalResponseNormProblem problem) =>
        problem.Type == DataType.F32 && problem.Layout == Layout.Planar && problem.Batch * problem.Channels <= int.MaxValue && problem.Spatial <= int.MaxValue;

    private static Kernel Create<T>(LocalResponseNormProblem problem) where T : struct, ILanes<T> =>
        problem.Beta == 0.75f ? new LocalResponseNormLanes<T, ThreeQuarterPower>(problem) : new LocalResponseNormLanes<T, AnyPower>(problem);

    private static Kernel Reference(LocalResponseNormProblem problem) =>
        problem.Type == DataType.F64 ? new LocalResponseNormReference<double>(problem) : new LocalResponseNormReference<float>(problem);
}
