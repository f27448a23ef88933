using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>
/// y[o,i] = max over g of x[o,g,i], where x is (outer, group, inner): the maximum over groups of adjacent channels, with
/// outer = batch * channels / group and inner = the spatial plane. NaN wins over every number.
/// </summary>
/// <param name="Group">Channels per group; 0 gives the least value.</param>
public sealed record ChannelMaxPoolProblem(DataType Type, long Outer, long Group, long Inner);

/// <summary>Maximum over groups of channels.</summary>
public static class ChannelMaxPoolKernels
{
    public static readonly KernelTable<ChannelMaxPoolProblem> Table = new(
        "channelmaxpool",
        [
            new("channelmaxpool_f32_avx2_rows", CpuFeatures.Avx2 | CpuFeatures.Fma, ChannelMaxPoolRows.Fits, ChannelMaxPoolRows.Create<F32x8>),
            new("channelmaxpool_f32_v128_rows", CpuFeatures.Simd128, ChannelMaxPoolRows.Fits, ChannelMaxPoolRows.Create<F32x4>),
            new("channelmaxpool_any_ref", CpuFeatures.None, p => p.Type is not (DataType.F16 or DataType.Bool), ChannelMaxPoolReference.Create),
        ]);
}
