using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// A 2-D convolution whose taps are moved by learned offsets: tap k of output o reads the input at
/// o * stride + k * dilation - pad + offset[n, g, k, o], interpolated linearly between the four neighbours (zero outside the
/// input) and multiplied by mask[n, g, k, o]. Inputs: x, w [M,C/G,kH,kW], offset [N,OG*kH*kW*2,oH,oW] (H, then W, of each tap),
/// bias or null, mask [N,OG*kH*kW,oH,oW] or null.
/// </summary>
/// <param name="OffsetGroups">OG: channels are split into this many groups that share offsets.</param>
public sealed record DeformConvProblem(
    DataType Type, int Batch, int InChannels, int OutChannels, int Groups, int OffsetGroups, Extent Input, Extent Output, Window Window,
    bool HasBias, bool HasMask);

/// <summary>Deformable convolution.</summary>
public static class DeformConvKernels
{
    public static readonly KernelTable<DeformConvProblem> Table = new(
        "deformconv",
        [
            new("deformconv_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new DeformConvReference<float>(p)),
            new("deformconv_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new DeformConvReference<double>(p)),
        ]);
}
