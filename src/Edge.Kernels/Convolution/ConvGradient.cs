using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// The gradients of a convolution y = conv(x, w) (<see cref="ConvProblem"/>), where dy is the gradient of y, all planar:
/// dx[n, g*C/G + c, o*stride + k*dilation - pad] += dy[n,m,o] * w[m,c,k] and
/// dw[m,c,k] = sum over n, o of dy[n,m,o] * x[n, g*C/G + c, o*stride + k*dilation - pad].
/// </summary>
/// <param name="Input">Spatial size of x.</param>
/// <param name="Output">Spatial size of y.</param>
/// <param name="InChannels">C, a multiple of <paramref name="Groups"/>.</param>
/// <param name="OutChannels">M, a multiple of <paramref name="Groups"/>.</param>
public sealed record ConvGradientProblem(
    DataType Type, int Batch, int InChannels, int OutChannels, int Groups, Extent Input, Extent Output, Window Window)
{
    public int GroupInChannels => InChannels / Groups;

    public int GroupOutChannels => OutChannels / Groups;

    /// <summary>Weights of one output channel.</summary>
    public long Taps => GroupInChannels * Window.Kernel.Count;

    /// <summary>Whether there is nothing to sum or nothing to write.</summary>
    public bool IsEmpty => Batch == 0 || InChannels == 0 || OutChannels == 0 || Input.Count == 0 || Output.Count == 0;
}

/// <summary>Gradient of a convolution by its input. Inputs: dy, w; output: dx.</summary>
public static class ConvInputGradientKernels
{
    public static readonly KernelTable<ConvGradientProblem> Table = new(
        "convinputgradient",
        new("convinputgradient_f32_avx2_wide6x16", CpuFeatures.Avx2 | CpuFeatures.Fma, WideGrid.Fits, p => new ConvInputGradientWide<F32x8>(p)),
        new("convinputgradient_f32_v128_wide6x8", CpuFeatures.Simd128, WideGrid.Fits, p => new ConvInputGradientWide<F32x4>(p)),
        new("convinputgradient_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new ConvInputGradientReference<float>(p)),
        new("convinputgradient_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new ConvInputGradientReference<double>(p)));
}

/// <summary>Gradient of a convolution by its weights. Inputs: x, dy; output: dw [M, C/G, kernel...].</summary>
public static class ConvWeightGradientKernels
{
    public static readonly KernelTable<ConvGradientProblem> Table = new(
        "convweightgradient",
        new("convweightgradient_f32_avx2_wide3x4", CpuFeatures.Avx2 | CpuFeatures.Fma, WideGrid.Fits, p => new ConvWeightGradientWide<F32x8>(p)),
        new("convweightgradient_f32_v128_wide3x4", CpuFeatures.Simd128, WideGrid.Fits, p => new ConvWeightGradientWide<F32x4>(p)),
        new("convweightgradient_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new ConvWeightGradientReference<float>(p)),
        new("convweightgradient_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new ConvWeightGradientReference<double>(p)));
}
