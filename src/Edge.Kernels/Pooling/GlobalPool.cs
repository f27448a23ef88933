using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>
/// Each channel of <paramref name="Positions"/> elements becomes one element. Empty channels give the least value (maximum) or
/// 0. The output is planar: (Batch, Channels).
/// </summary>
/// <param name="P">Norm: the exponent.</param>
/// <param name="Layout">Of the input.</param>
public sealed record GlobalPoolProblem(DataType Type, int Batch, int Channels, long Positions, int P = 2, Layout Layout = Layout.Planar)
{
    /// <summary>Number of outputs.</summary>
    public long Planes => (long)Batch * Channels;
}

/// <summary>Mean of each plane.</summary>
public static class GlobalAveragePoolKernels
{
    public static readonly KernelTable<GlobalPoolProblem> Table = new(
        "globalaveragepool",
        [
            new("globalaveragepool_f32_avx2_blocks", CpuFeatures.Avx2 | CpuFeatures.Fma, GlobalPoolBlocks.Fits, GlobalPoolBlocks.Create<F32x8, AverageFormula>),
            new("globalaveragepool_f32_avx2_rows", CpuFeatures.Avx2 | CpuFeatures.Fma, GlobalPoolRows.Fits, GlobalPoolRows.Create<F32x8, AverageFormula>),
            new("globalaveragepool_f32_v128_blocks", CpuFeatures.Simd128, GlobalPoolBlocks.Fits, GlobalPoolBlocks.Create<F32x4, AverageFormula>),
            new("globalaveragepool_f32_v128_rows", CpuFeatures.Simd128, GlobalPoolRows.Fits, GlobalPoolRows.Create<F32x4, AverageFormula>),
            new("globalaveragepool_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new GlobalPoolReference<float>(p, NormFormula.Average)),
            new("globalaveragepool_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new GlobalPoolReference<double>(p, NormFormula.Average)),
        ]) { Device = () => GlobalPoolDevice.Average };
}

/// <summary>(sum |x|^p)^(1/p) of each plane.</summary>
public static class GlobalLpPoolKernels
{
    public static readonly KernelTable<GlobalPoolProblem> Table = new(
        "globallppool",
        [
            new("globallppool_f32_avx2_blocks", CpuFeatures.Avx2 | CpuFeatures.Fma, GlobalPoolBlocks.FitsNorm, GlobalPoolBlocks.CreateNorm<F32x8>),
            new("globallppool_f32_avx2_rows", CpuFeatures.Avx2 | CpuFeatures.Fma, GlobalPoolRows.FitsNorm, GlobalPoolRows.CreateNorm<F32x8>),
            new("globallppool_f32_v128_blocks", CpuFeatures.Simd128, GlobalPoolBlocks.FitsNorm, GlobalPoolBlocks.CreateNorm<F32x4>),
            new("globallppool_f32_v128_rows", CpuFeatures.Simd128, GlobalPoolRows.FitsNorm, GlobalPoolRows.CreateNorm<F32x4>),
            new("globallppool_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new GlobalPoolReference<float>(p, NormFormula.Norm(p.P))),
            new("globallppool_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new GlobalPoolReference<double>(p, NormFormula.Norm(p.P))),
        ]) { Device = () => GlobalPoolDevice.Norm };
}

/// <summary>Maximum of each plane; NaN wins over every number.</summary>
public static class GlobalMaxPoolKernels
{
    public static readonly KernelTable<GlobalPoolProblem> Table = new(
        "globalmaxpool",
        [
            new("globalmaxpool_f32_avx2_blocks", CpuFeatures.Avx2 | CpuFeatures.Fma, GlobalPoolBlocks.Fits, GlobalPoolBlocks.Create<F32x8, MaxFormula>),
            new("globalmaxpool_f32_avx2_rows", CpuFeatures.Avx2 | CpuFeatures.Fma, GlobalPoolRows.Fits, GlobalPoolRows.Create<F32x8, MaxFormula>),
            new("globalmaxpool_f32_v128_blocks", CpuFeatures.Simd128, GlobalPoolBlocks.Fits, GlobalPoolBlocks.Create<F32x4, MaxFormula>),
            new("globalmaxpool_f32_v128_rows", CpuFeatures.Simd128, GlobalPoolRows.Fits, GlobalPoolRows.Create<F32x4, MaxFormula>),
            new("globalmaxpool_any_ref", CpuFeatures.None, p => p.Type is not (DataType.F16 or DataType.Bool), GlobalMaxPoolReference.Create),
        ]) { Device = () => GlobalPoolDevice.Max };
}
