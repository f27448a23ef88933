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

    /// <summary>The largest sum of magnitudes of the weights of an output channel; by default what it can be at most.</summary>
    public long WeightSum { get; init; } = long.MaxValue;

    public int GroupInChannels => InChannels / Groups;

    public int GroupOutChannels => OutChannels / Groups;

    /// <summary>Products summed for one output.</summary>
    public long Taps => GroupInChannels * Window.Kernel.Count;

    /// <summary>The same sums of bytes in bytes.</summary>
    internal QuantConvProblem Bytes => new(
        Batch, InChannels, OutChannels, Groups, Input, Output, Window, 0, 0, sbyte.MinValue, sbyte.MaxValue, false, NarrowWeights, Layout.ChannelsLast, Layout.ChannelsLast)
    {
        WeightSum = WeightSum,
    };

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
            new("dynamicconv_s8_avx512vnni_winograd4x3", CpuFeatures.Avx512 | CpuFeatures.Avx512Vnni, p => FitsPlanes(p) && VnniCode.IsSupported, Planes<WinogradVnni512, DynamicAvx2>, PlanesCost<WinogradVnni512>, CostModel.Avx512) { ExpandsWeights = true },
            new("dynamicconv_s8_avx512vnni_8x32", CpuFeatures.Avx2 | CpuFeatures.Avx512Vnni, p => p.IsFast && VnniCode.IsSupported, Dot<DotTileVnni512, DynamicAvx2>, (p, m) => DotTileVnni512.ShiftCost * DotCost<DotTileVnni512>(p, m), CostModel.Avx512),
            new("dynamicconv_s8_vnni_4x16", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, p => p.IsFast, Dot<DotTileVnni<VnniBytes>, DynamicAvx2>),
            new("dynamicconv_s8_avx2_winograd4x3", CpuFeatures.Avx2, FitsPlanes, Planes<WinogradTile<DotTileAvx2Words, I16x16, I32x8>, DynamicAvx2>, PlanesCost<WinogradTile<DotTileAvx2Words, I16x16, I32x8>>, CostModel.Avx2) { ExpandsWeights = true },
            new("dynamicconv_s8_avx2_winograd4x4", CpuFeatures.Avx2, p => p.IsFast && WinogradLine.Fits(p.Bytes), p => new DynamicConvIntegers<DynamicAvx2>(p, new DynamicWinograd(new WinogradLines<DotTileAvx2Words, I16x16, I32x8, DotFloats>(p.Bytes))), (p, m) => WinogradLine.Cost<DotTileAvx2Words, I16x16, I32x8>(p.Bytes, m), CostModel.Avx2) { ExpandsWeights = true },
            new("dynamicconv_s8_avx2_words_6x16", CpuFeatures.Avx2, p => p.IsFast && p.Bytes.Widened.IsChannelsLast && p.Output.Count > 1, p => new DynamicConvIntegers<DynamicAvx2>(p, new DynamicDot<DotTileAvx2Words>(p, widens: true)), DotCost<DotTileAvx2Words>, CostModel.Avx2),
            new("dynamicconv_s8_avx2_4x16", CpuFeatures.Avx2, p => p.IsFast, Dot<DotTileS16, DynamicAvx2>, DotCost<DotTileS16>, CostModel.Avx2),
            new("dynamicconv_s8_neondot_4x16", CpuFeatures.Neon | CpuFeatures.NeonDot, p => p.IsFast, Dot<DotTileNeonDot, DynamicNeon>),
            new("dynamicconv_s8_neon_winograd4x3", CpuFeatures.Neon, FitsPlanes, Planes<WinogradTile<DotTileNeonWords, I16x8, I32x4>, DynamicNeon>, PlanesCost<WinogradTile<DotTileNeonWords, I16x8, I32x4>>, CostModel.Simd128) { ExpandsWeights = true },
            new("dynamicconv_s8_neon_2x16", CpuFeatures.Neon, p => p.IsFast && p.NarrowWeights, Dot<DotTileNeon, DynamicNeon>, DotCost<DotTileNeon>, CostModel.Simd128),
            new("dynamicconv_s8_ref", CpuFeatures.None, _ => true, p => new DynamicConvReference(p)),
        ]) { IsExact = true };

    private static bool FitsPlanes(DynamicConvProblem problem) => problem.IsFast && WinogradPlane.Fits(problem.Bytes);

    private static Kernel Dot<TTile, TLanes>(DynamicConvProblem problem) where TTile : struct, IDotTile where TLanes : struct, IDynamicLanes =>
        new DynamicConvIntegers<TLanes>(problem, new DynamicDot<TTile>(problem));

    private static Kernel Planes<TProducts, TLanes>(DynamicConvProblem problem) where TProducts : struct, IWinogradProducts where TLanes : struct, IDynamicLanes =>
        new DynamicConvIntegers<TLanes>(problem, new DynamicWinograd(new WinogradPlanes<TProducts, DotFloats>(problem.Bytes)));

    private static double DotCost<TTile>(DynamicConvProblem problem, CostModel model) where TTile : struct, IDotTile => Quantization.DotCost.Of<TTile>(problem.Bytes, model);

    private static double PlanesCost<TProducts>(DynamicConvProblem problem, CostModel model) where TProducts : struct, IWinogradProducts =>
        WinogradPlane.Cost<TProducts>(problem.Bytes, model);
}
