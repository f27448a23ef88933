using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// y[n,m,o] = activation(bias[m] + residual[n,m,o] + sum over c, k of x[n, g*C/G + c, o*stride + k*dilation - pad] * w[m,c,k]),
/// where g = m / (M/G). Inputs: x, w, bias or null, residual or null. A kernel reads the residual at a position just before it
/// writes the output there, so that both may share memory.
/// </summary>
/// <param name="Input">Spatial size of x.</param>
/// <param name="Output">Spatial size of y, as <see cref="Window.OutputSize"/> gives it.</param>
/// <param name="InChannels">C, a multiple of <paramref name="Groups"/>.</param>
/// <param name="OutChannels">M, a multiple of <paramref name="Groups"/>.</param>
/// <param name="InputLayout">Layout of x.</param>
/// <param name="OutputLayout">Layout of y and of the residual.</param>
public sealed record ConvProblem(
    DataType Type, int Batch, int InChannels, int OutChannels, int Groups, Extent Input, Extent Output, Window Window,
    bool HasBias, bool HasResidual, Activation Activation, Layout InputLayout = Layout.Planar, Layout OutputLayout = Layout.Planar)
{
    /// <summary>Whether w is known when the kernel is made.</summary>
    public bool ConstantWeights { get; init; }

    /// <summary>Whether every feature map is planar.</summary>
    public bool IsPlanar => InputLayout == Layout.Planar && OutputLayout == Layout.Planar;

    public int GroupInChannels => InChannels / Groups;

    public int GroupOutChannels => OutChannels / Groups;

    /// <summary>Products summed for one output.</summary>
    public long Taps => GroupInChannels * Window.Kernel.Count;

    /// <summary>Whether there is nothing to sum or nothing to write.</summary>
    public bool IsEmpty => Batch == 0 || InChannels == 0 || OutChannels == 0 || Input.Count == 0 || Output.Count == 0;

    /// <summary>Every output channel reads one input channel.</summary>
    public bool IsDepthwise => GroupInChannels == 1 && Groups > 1;
}

/// <summary>Convolution over 1 to 3 spatial axes, channels first.</summary>
public static class ConvKernels
{
    /// <summary>Fewest channels for which blocks of eight are worth their empty lanes.</summary>
    private const int FewestChannels = 4;

    public static readonly KernelTable<ConvProblem> Table = new(
        "conv",
        [
            new("conv_f32_avx2_depthwise8", CpuFeatures.Avx2 | CpuFeatures.Fma, BlockedDepthwise.Fits, BlockedDepthwise.Create<F32x8>),
            .. Blocked<PixelTileAvx512, F32x8>("avx512", "8x32", CpuFeatures.Avx512 | CpuFeatures.Avx2 | CpuFeatures.Fma, CostModel.Avx512),
            .. Blocked<PixelTile<F32x8>, F32x8>("avx2", "6x16", CpuFeatures.Avx2 | CpuFeatures.Fma, CostModel.Avx2),
            new("conv_f32_avx2_dense", CpuFeatures.Avx2 | CpuFeatures.Fma, ConvDense.Fits, ConvDense.Create<F32x8>),
            new("conv_f32_avx2_depthwise", CpuFeatures.Avx2 | CpuFeatures.Fma, ConvDepthwise.Fits, ConvDepthwise.Create<F32x8>),
            new("conv_f32_avx2_gemm6x16", CpuFeatures.Avx2 | CpuFeatures.Fma, ConvProduct.Fits, ConvProduct.Create<F32x8>),
            .. Blocked<PixelTileNeon, F32x4>("neon", "8x8", CpuFeatures.Simd128 | CpuFeatures.Neon, CostModel.Simd128),
            new("conv_f32_v128_depthwise8", CpuFeatures.Simd128, BlockedDepthwise.Fits, BlockedDepthwise.Create<F32x4>),
            .. Blocked<PixelTile<F32x4>, F32x4>("v128", "6x8", CpuFeatures.Simd128, CostModel.Simd128),
            new("conv_f32_v128_dense", CpuFeatures.Simd128, ConvDense.Fits, ConvDense.Create<F32x4>),
            new("conv_f32_v128_depthwise", CpuFeatures.Simd128, ConvDepthwise.Fits, ConvDepthwise.Create<F32x4>),
            new("conv_f32_v128_gemm6x8", CpuFeatures.Simd128, ConvProduct.Fits, ConvProduct.Create<F32x4>),
            new("conv_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new ConvReference<float>(p)),
            new("conv_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new ConvReference<double>(p)),
        ]) { Device = () => ConvDevice.Rows };

    /// <summary>The rows that write blocks of channels: they compete by their estimated cost.</summary>
    private static KernelRow<ConvProblem>[] Blocked<TTile, TLanes>(string isa, string tile, CpuFeatures requires, CostModel model)
        where TTile : struct, IPixelTile
        where TLanes : struct, ILanes<TLanes> =>
    [
        Winograd<TTile, TLanes, Winograd2x3>(isa, "winograd2x3", requires, model),
        Winograd<TTile, TLanes, Winograd4x3>(isa, "winograd4x3", requires, model),
        Winograd<TTile, TLanes, Winograd6x3>(isa, "winograd6x3", requires, model),
        Winograd<TTile, TLanes, Winograd4x4>(isa, "winograd4x4", requires, model),
        Winograd<TTile, TLanes, Fft<Length16>>(isa, "fft16", requires, model),
        Winograd<TTile, TLanes, Fft<Length32>>(isa, "fft32", requires, model),
        Winograd<TTile, TLanes, Fft<Length64>>(isa, "fft64", requires, model),
        new($"conv_f32_{isa}_direct{tile}", requires, BlockedConv.Fits, BlockedConv.Create<TTile>, BlockedConv.Cost, model),
    ];

    private static KernelRow<ConvProblem> Winograd<TTile, TLanes, TAlgorithm>(string isa, string variant, CpuFeatures requires, CostModel model)
        where TTile : struct, IPixelTile
        where TLanes : struct, ILanes<TLanes>
        where TAlgorithm : struct, IWinograd =>
        new($"conv_f32_{isa}_{variant}", requires, WinogradConv.Fits<TAlgorithm>, WinogradConv.Create<TTile, TLanes, TAlgorithm>, WinogradConv.Cost<TTile, TAlgorithm>, model)
        {
            ExpandsWeights = true,
        };

    /// <summary>The layouts in which a convolution has its best rows, given the layout in which its input is written.</summary>
    public static (Layout Input, Layout Output) PreferredLayouts(ConvProblem problem, Layout given)
    {
        var planar = (Layout.Planar, Layout.Planar);
        ConvProblem blocked = problem with { InputLayout = Layout.Blocked8, OutputLayout = Layout.Blocked8 };
        if (problem.OutChannels < FewestChannels || ConvDense.Fits(problem with { InputLayout = Layout.Planar, OutputLayout = Layout.Planar }))
        {
            return planar;
        }
        if (problem.Groups == 1 && given == Layout.Planar && problem.InChannels < FewestChannels)
        {
            return BlockedConv.Fits(blocked with { InputLayout = Layout.Planar }) ? (Layout.Planar, Layout.Blocked8) : planar;
        }
        return BlockedConv.Fits(blocked) || BlockedDepthwise.Fits(blocked) ? (Layout.Blocked8, Layout.Blocked8) : planar;
    }
}
