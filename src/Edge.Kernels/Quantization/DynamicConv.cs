using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Convolution of float32 with 8-bit weights in integers; x is quantized by the range that it turns out to have (<see cref="DynamicScale"/>), all images
/// of a batch with one scale: a[n,m,o] = sum over c, k of (q[n, g*C/G + c, o*stride + k*dilation - pad] - zero) * w[m,c,k] modulo 2^32, g = m / (M/G), padding
/// counts as zero; y = clamp(float32(a) * (scale * wScale[m]) + bias[m], least, most), every operation rounded to float32.
/// Inputs: x (f32), w (s8), w scales (f32, M), bias (f32, M) or null. Products with a matrix are convolutions of one tap, channels last, whose
/// positions are the rows.
/// </summary>
/// <param name="Least">Neither NaN nor -0; -infinity where there is no limit.</param>
/// <param name="Most">Neither NaN nor -0, not below <paramref name="Least"/>.</param>
public sealed record DynamicConvProblem(
    int Batch, int InChannels, int OutChannels, int Groups, Extent Input, Extent Output, Window Window,
    bool HasBias, float Least, float Most, Layout InputLayout, Layout OutputLayout)
{
    /// <summary>All weights lie in [-127, 127].</summary>
    public bool NarrowWeights { get; init; }

    public int GroupInChannels => InChannels / Groups;

    public int GroupOutChannels => OutChannels / Groups;

    /// <summary>Products summed for one output.</summary>
    public long Taps => GroupInChannels * Window.Kernel.Count;

    /// <summary>The same sums of bytes in bytes.</summary>
    internal QuantConvProblem Bytes => new(
        Batch, InChannels, OutChannels, Groups, Input, Output, Window, 0, 0, sbyte.MinValue, sbyte.MaxValue, false, NarrowWeights, Layout.ChannelsLast, Layout.ChannelsLast);

    /// <summary>
    /// Whether the fast rows can write what they compute: rows of a matrix, or blocks of eight channels of which each belongs to one group.
    /// </summary>
    internal bool IsFast => Bytes.IsChannelsLast && (InputLayout == Layout.ChannelsLast
        ? OutputLayout == Layout.ChannelsLast
        : OutputLayout == Layout.Blocked8 && (Groups == 1 || GroupOutChannels % Layouts.Block == 0));
}

/// <summary>Convolution of float32, quantized in the run, with 8-bit weights, over 1 to 3 spatial axes.</summary>
public static class DynamicConvKernels
{
    public static readonly KernelTable<DynamicConvProblem> Table = new(
        "dynamicconv",
        [
            new("dynamicconv_s8_avx512vnni_8x32", CpuFeatures.Avx2 | CpuFeatures.Avx512Vnni, p => p.IsFast && VnniCode.IsSupported, p => new DynamicConvDot<DotTileVnni512, DynamicAvx2>(p)),
            new("dynamicconv_s8_vnni_4x16", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, p => p.IsFast, p => new DynamicConvDot<DotTileVnni<VnniBytes>, DynamicAvx2>(p)),
            new("dynamicconv_s8_avx2_words_6x16", CpuFeatures.Avx2, p => p.IsFast && p.Bytes.Widened.IsChannelsLast && p.Output.Count > 1, p => new DynamicConvDot<DotTileAvx2Words, DynamicAvx2>(p, widens: true)),
            new("dynamicconv_s8_avx2_4x16", CpuFeatures.Avx2, p => p.IsFast, p => new DynamicConvDot<DotTileS16, DynamicAvx2>(p)),
            new("dynamicconv_s8_neondot_4x16", CpuFeatures.Neon | CpuFeatures.NeonDot, p => p.IsFast, p => new DynamicConvDot<DotTileNeonDot, DynamicNeon>(p)),
            new("dynamicconv_s8_neon_2x16", CpuFeatures.Neon, p => p.IsFast && p.NarrowWeights, p => new DynamicConvDot<DotTileNeon, DynamicNeon>(p)),
            new("dynamicconv_s8_ref", CpuFeatures.None, _ => true, p => new DynamicConvReference(p)),
        ]) { IsExact = true };
}
