using Edge.Kernels.Convolution;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Convolution of 8-bit or 16-bit integers with 8-bit weights, whose result is rescaled in integers (docs/quantization.md):
/// a[n,m,o] = bias[m] + sum over c, k of (x[n, g*C/G + c, o*stride + k*dilation - pad] - xZero) * w[m,c,k], modulo 2^32, g = m / (M/G);
/// y = clamp(yZero + floor((a * multiplier[m] + 2^30) / 2^31), low, high). Padding counts as xZero.
/// Inputs: x (s8 or s16), w (s8), bias (s32, M), multipliers (s32, M, not negative).
/// </summary>
/// <param name="XNotNegative">All x are s8 and lie in [0, 127].</param>
/// <param name="NarrowWeights">All weights lie in [-127, 127].</param>
public sealed record QuantConvProblem(
    int Batch, int InChannels, int OutChannels, int Groups, Extent Input, Extent Output, Window Window,
    int XZero, int YZero, int Low, int High, bool XNotNegative, bool NarrowWeights, Layout InputLayout, Layout OutputLayout)
{
    /// <summary>s8 or s16, whose zero point is 0.</summary>
    public DataType XType { get; init; } = DataType.S8;

    /// <summary>s8 or s16.</summary>
    public DataType YType { get; init; } = DataType.S8;

    /// <summary>The largest sum of magnitudes of the weights of an output channel; by default what it can be at most.</summary>
    public long WeightSum { get; init; } = long.MaxValue;

    /// <summary>Weights and bias are constants of the plan, not computed by it.</summary>
    public bool ConstantWeights { get; init; }

    public int GroupInChannels => InChannels / Groups;

    public int GroupOutChannels => OutChannels / Groups;

    /// <summary>Products summed for one output.</summary>
    public long Taps => GroupInChannels * Window.Kernel.Count;

    /// <summary>Whether inputs and results have 8 bits.</summary>
    public bool IsBytes => XType == DataType.S8 && YType == DataType.S8;

    /// <summary>The same sums of inputs of 16 bits, with the zero point that they had in 8.</summary>
    internal QuantConvProblem Widened => this with { XType = DataType.S16 };

    public bool IsDepthwise => GroupInChannels == 1 && GroupOutChannels == 1 && Groups > 1;

    /// <summary>Whether positions are H by W, channels last, and there is something to do.</summary>
    public bool IsChannelsLast =>
        InputLayout == Layout.ChannelsLast && OutputLayout == Layout.ChannelsLast && Batch > 0 && InChannels > 0 && OutChannels > 0
        && Input.Count > 0 && Output.Count > 0 && Input.D == 1 && Output.D == 1 && Window.Kernel.D == 1 && Window.PadBegin.D == 0
        && ReachBytes < int.MaxValue / 2 && Taps < int.MaxValue / 64;

    /// <summary>Bytes of the rows and columns that windows touch.</summary>
    private double ReachBytes =>
        (((double)Output.H * Window.Stride.H) + Window.Span(1)) * (((double)Output.W * Window.Stride.W) + Window.Span(2)) * (InChannels + 32.0) * XType.Size();
}

/// <summary>Convolution of 8-bit and 16-bit integers, over 1 to 3 spatial axes.</summary>
public static class QuantConvKernels
{
    /// <summary>Best first. The type in a name is that of the input; results are s8 or s16.</summary>
    public static readonly KernelTable<QuantConvProblem> Table = new(
        "quantconv",
        [
            new("quantconv_s8_avx512vnni_depthwise", CpuFeatures.Avx2 | CpuFeatures.Avx512Vnni, p => Depthwise(p) && VnniDepthwiseCode.IsSupported, p => new QuantDepthwise<DepthwiseVnni512>(p)),
            new("quantconv_s8_avx2_depthwise3x3", CpuFeatures.Avx2, p => Depthwise(p) && DepthwiseAvx2Columns.Fits(p.Window, 1), p => new QuantDepthwise<DepthwiseAvx2Columns>(p)),
            new("quantconv_s8_avx2_depthwise3x3_stride2", CpuFeatures.Avx2, p => Depthwise(p) && DepthwiseAvx2Columns.Fits(p.Window, 2), p => new QuantDepthwise<DepthwiseAvx2ColumnPairs>(p)),
            new("quantconv_s8_avx2_depthwise", CpuFeatures.Avx2, Depthwise, p => new QuantDepthwise<DepthwiseAvx2>(p)),
            new("quantconv_s8_avx2_depthwise_words", CpuFeatures.Avx2, p => DepthwiseWords(p, DataType.S8), p => new QuantDepthwise<DepthwiseAvx2Words<sbyte, DotWords>>(p)),
            new("quantconv_s16_avx2_depthwise", CpuFeatures.Avx2, p => DepthwiseWords(p, DataType.S16), p => p.YType == DataType.S16 ? new QuantDepthwise<DepthwiseAvx2Words<short, DotWords>>(p) : new QuantDepthwise<DepthwiseAvx2Words<short, DotBytes>>(p)),
            new("quantconv_s8_avx512vnni_winograd4x3", CpuFeatures.Avx512 | CpuFeatures.Avx512Vnni, p => WinogradPlane.Fits(p) && VnniCode.IsSupported, Planes<WinogradVnni512>, WinogradPlane.Cost<WinogradVnni512>, CostModel.Avx512) { ExpandsWeights = true },
            new("quantconv_s8_avx512vnni_u7_8x32", CpuFeatures.Avx2 | CpuFeatures.Avx512Vnni, p => Dense(p) && p.XNotNegative && VnniCode.IsSupported, Sweep<DotTileVnni512U7>, DotCost.Of<DotTileVnni512U7>, CostModel.Avx512),
            new("quantconv_s8_avx512vnni_8x32", CpuFeatures.Avx2 | CpuFeatures.Avx512Vnni, p => Dense(p) && VnniCode.IsSupported, Sweep<DotTileVnni512>, (p, m) => DotTileVnni512.ShiftCost * DotCost.Of<DotTileVnni512>(p, m), CostModel.Avx512),
            new("quantconv_s8_vnni_4x16", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, Dense, Sweep<DotTileVnni<VnniBytes>>),
            new("quantconv_s8_avx2_winograd4x3", CpuFeatures.Avx2, WinogradPlane.Fits, Planes<WinogradTile<DotTileAvx2Words, I16x16, I32x8>>, WinogradPlane.Cost<WinogradTile<DotTileAvx2Words, I16x16, I32x8>>, CostModel.Avx2) { ExpandsWeights = true },
            new("quantconv_s8_avx2_winograd4x4", CpuFeatures.Avx2, WinogradLine.Fits, p => new QuantWinograd(p, new WinogradLines<DotTileAvx2Words, I16x16, I32x8, DotBytes>(p)), WinogradLine.Cost<DotTileAvx2Words, I16x16, I32x8>, CostModel.Avx2) { ExpandsWeights = true },
            new("quantconv_s8_avx2_u7_4x16", CpuFeatures.Avx2, p => Dense(p) && p.XNotNegative, Sweep<DotTileU7>, DotCost.Of<DotTileU7>, CostModel.Avx2),
            new("quantconv_s8_avx2_words_6x16", CpuFeatures.Avx2, p => Dense(p) && DenseWords(p.Widened) && p.Output.Count > 1, p => Sweep<DotTileAvx2Words>(p, widens: true), DotCost.Of<DotTileAvx2Words>, CostModel.Avx2),
            new("quantconv_s8_avx2_s16_4x16", CpuFeatures.Avx2, Dense, Sweep<DotTileS16>, DotCost.Of<DotTileS16>, CostModel.Avx2),
            new("quantconv_s8_neon_depthwise", CpuFeatures.Neon, p => Depthwise(p) && p.NarrowWeights, p => new QuantDepthwise<DepthwiseNeon>(p)),
            new("quantconv_s8_neon_depthwise_words", CpuFeatures.Neon, p => DepthwiseWords(p, DataType.S8), p => new QuantDepthwise<DepthwiseNeonWords<sbyte, DotWords>>(p)),
            new("quantconv_s16_neon_depthwise", CpuFeatures.Neon, p => DepthwiseWords(p, DataType.S16), p => p.YType == DataType.S16 ? new QuantDepthwise<DepthwiseNeonWords<short, DotWords>>(p) : new QuantDepthwise<DepthwiseNeonWords<short, DotBytes>>(p)),
            new("quantconv_s8_neondot_4x16", CpuFeatures.Neon | CpuFeatures.NeonDot, Dense, Sweep<DotTileNeonDot>),
            new("quantconv_s8_neon_winograd4x3", CpuFeatures.Neon, WinogradPlane.Fits, Planes<WinogradTile<DotTileNeonWords, I16x8, I32x4>>, WinogradPlane.Cost<WinogradTile<DotTileNeonWords, I16x8, I32x4>>, CostModel.Simd128) { ExpandsWeights = true },
            new("quantconv_s8_neon_2x16", CpuFeatures.Neon, p => Dense(p) && p.NarrowWeights, Sweep<DotTileNeon>, DotCost.Of<DotTileNeon>, CostModel.Simd128),
            new("quantconv_s16_avx512vnni_8x32", CpuFeatures.Avx2 | CpuFeatures.Avx512Vnni, p => DenseWords(p) && VnniCode.IsSupported, Sweep<DotTileVnni512Words>),
            new("quantconv_s16_vnni_4x16", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, DenseWords, Sweep<DotTileVnni<VnniWords>>),
            new("quantconv_s16_avx2_6x16", CpuFeatures.Avx2, DenseWords, Sweep<DotTileAvx2Words>),
            new("quantconv_s16_neon_4x16", CpuFeatures.Neon, DenseWords, Sweep<DotTileNeonWords>),
            new("quantconv_int_ref", CpuFeatures.None, p => p.InputLayout != Layout.Blocked8 && p.OutputLayout != Layout.Blocked8, p => new QuantConvReference(p)),
        ]) { IsExact = true, Device = () => QuantConvDevice.Rows };

    /// <summary>Whether the processor has rows for channels last.</summary>
    public static bool WantChannelsLast(CpuFeatures features) => (features & (CpuFeatures.Avx2 | CpuFeatures.Neon)) != 0;

    private static bool Dense(QuantConvProblem problem) => problem.IsChannelsLast && problem.XType == DataType.S8;

    private static bool DenseWords(QuantConvProblem problem) => problem.IsChannelsLast && problem.XType == DataType.S16;

    private static bool Depthwise(QuantConvProblem problem) => problem.IsChannelsLast && problem.IsBytes && problem.IsDepthwise;

    private static bool DepthwiseWords(QuantConvProblem problem, DataType x) => problem.IsChannelsLast && !problem.IsBytes && problem.IsDepthwise && problem.XType == x;

    private static Kernel Planes<TProducts>(QuantConvProblem problem) where TProducts : struct, IWinogradProducts => new QuantWinograd(problem, new WinogradPlanes<TProducts, DotBytes>(problem));

    /// <summary>The tile for the type of the input, ending in the type of the result.</summary>
    private static Kernel Sweep<TTile>(QuantConvProblem problem) where TTile : struct, IDotTile => Sweep<TTile>(problem, widens: false);

    private static Kernel Sweep<TTile>(QuantConvProblem problem, bool widens) where TTile : struct, IDotTile =>
        problem.YType == DataType.S16 ? new QuantConvDot<TTile, DotWords>(problem, widens) : new QuantConvDot<TTile, DotBytes>(problem, widens);
}
