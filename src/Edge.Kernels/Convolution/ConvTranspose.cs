using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// The adjoint of a convolution: x[n,c,i] * w[c,m,k] is added to y[n,m, i*stride + k*dilation - pad], then bias[m] and the
/// activation. Inputs: x [N,C,...], w [C,M/G,k...], bias or null.
/// </summary>
/// <param name="Input">Spatial size of x.</param>
/// <param name="Output">Spatial size of y: (input - 1) * stride + span - pads + output padding.</param>
/// <param name="InChannels">C, a multiple of <paramref name="Groups"/>.</param>
/// <param name="OutChannels">M, a multiple of <paramref name="Groups"/>.</param>
/// <param name="HasConstantWeights">Whether w is known when the kernel is bound.</param>
public sealed record ConvTransposeProblem(
    DataType Type, int Batch, int InChannels, int OutChannels, int Groups, Extent Input, Extent Output, Window Window,
    bool HasBias, Activation Activation, bool HasConstantWeights)
{
    public bool IsEmpty => Batch == 0 || InChannels == 0 || OutChannels == 0 || Input.Count == 0 || Output.Count == 0;

    public int GroupInChannels => InChannels / Groups;

    public int GroupOutChannels => OutChannels / Groups;
}

/// <summary>Transposed convolution over 1 to 3 spatial axes, channels first.</summary>
public static class ConvTransposeKernels
{
    public static readonly KernelTable<ConvTransposeProblem> Table = new(
        "convtranspose",
        [
            new("convtranspose_f32_avx2_phases", CpuFeatures.Avx2 | CpuFeatures.Fma, ConvTransposePhases.Fits, ConvTransposePhases.Create<F32x8>),
            new("convtranspose_f32_v128_phases", CpuFeatures.Simd128, ConvTransposePhases.Fits, ConvTransposePhases.Create<F32x4>),
            new("convtranspose_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new ConvTransposeReference<float>(p)),
            new("convtranspose_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new ConvTransposeReference<double>(p)),
        ]) { Device = () => ConvDevice.TransposeRows };
}
