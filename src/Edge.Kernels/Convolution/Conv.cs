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
            new("conv_f32_avx2_direct6x16", CpuFeatures.Avx2 | CpuFeatures.Fma, BlockedConv.Fits, BlockedConv.Create<PixelTile<F32x8>>),
            new("conv_f32_avx2_dense", CpuFeatures.Avx2 | CpuFeatures.Fma, ConvDense.Fits, ConvDense.Create<F32x8>),
            new("conv_f32_avx2_depthwise", CpuFeatures.Avx2 | CpuFeatures.Fma, ConvDepthwise.Fits, ConvDepthwise.Create<F32x8>),
            new("conv_f32_avx2_gemm6x16", CpuFeatures.Avx2 | CpuFeatures.Fma, ConvProduct.Fits, ConvProduct.Create<F32x8>),
            new("conv_f32_v128_direct6x8", CpuFeatures.Simd128, BlockedConv.Fits, BlockedConv.Create<PixelTile<F32x4>>),
            new("conv_f32_v128_dense", CpuFeatures.Simd128, ConvDense.Fits, ConvDense.Create<F32x4>),
            new("conv_f32_v128_depthwise", CpuFeatures.Simd128, ConvDepthwise.Fits, ConvDepthwise.Create<F32x4>),
            new("conv_f32_v128_gemm6x8", CpuFeatures.Simd128, ConvProduct.Fits, ConvProduct.Create<F32x4>),
            new("conv_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new ConvReference<float>(p)),
            new("conv_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new ConvReference<double>(p)),
        ]);

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
        return BlockedConv.Fits(blocked) ? (Layout.Blocked8, Layout.Blocked8) : planar;
    }
}
