using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>
/// A window slides over each of <paramref name="Planes"/> spatial planes; its taps that fall on the input are pooled, taps on
/// padding are ignored. A window without any such tap gives the least value (maximum), 0 (average and norm) and index -1.
/// </summary>
/// <param name="Planes">Batch times channels; in blocks, batch times blocks of channels.</param>
/// <param name="Output">Spatial size of the result, as <see cref="Window.OutputSize"/> gives it.</param>
/// <param name="CountIncludePad">Average: divide by the taps on input or declared padding instead of those on input.</param>
/// <param name="P">Norm: the exponent.</param>
/// <param name="HasIndices">Maximum: a second output (s64) tells where each maximum was found, as an offset into the whole input.</param>
/// <param name="ColumnMajorIndices">Offsets within a plane count the first spatial axis fastest.</param>
/// <param name="Layout">Of input and output. Indices are known for planar tensors only.</param>
public sealed record PoolProblem(
    DataType Type, long Planes, Extent Input, Extent Output, Window Window,
    bool CountIncludePad = false, int P = 2, bool HasIndices = false, bool ColumnMajorIndices = false, Layout Layout = Layout.Planar)
{
    /// <summary>Channels of a plane that lie side by side at each position.</summary>
    public int Lanes => Layout == Layout.Planar ? 1 : Layouts.Block;
}

/// <summary>Maximum over windows; NaN wins over every number, and among equals the first tap counts.</summary>
public static class MaxPoolKernels
{
    public static readonly KernelTable<PoolProblem> Table = new(
        "maxpool",
        [
            new("maxpool_f32_avx2_blocks", CpuFeatures.Avx2 | CpuFeatures.Fma, PoolBlocks.Fits, PoolBlocks.Create<F32x8, MaxFormula>),
            new("maxpool_f32_avx2_rows", CpuFeatures.Avx2 | CpuFeatures.Fma, PoolRows.Fits, PoolRows.Create<F32x8, MaxFormula>),
            new("maxpool_f32_v128_blocks", CpuFeatures.Simd128, PoolBlocks.Fits, PoolBlocks.Create<F32x4, MaxFormula>),
            new("maxpool_f32_v128_rows", CpuFeatures.Simd128, PoolRows.Fits, PoolRows.Create<F32x4, MaxFormula>),
            new("maxpool_any_ref", CpuFeatures.None, p => p.Type is not (DataType.F16 or DataType.Bool) && !(p.HasIndices && p.Layout != Layout.Planar), MaxPoolReference.Create),
        ]) { Device = () => PoolDevice.Max };
}

/// <summary>Mean over windows.</summary>
public static class AveragePoolKernels
{
    public static readonly KernelTable<PoolProblem> Table = new(
        "averagepool",
        [
            new("averagepool_f32_avx2_blocks", CpuFeatures.Avx2 | CpuFeatures.Fma, PoolBlocks.Fits, PoolBlocks.Create<F32x8, AverageFormula>),
            new("averagepool_f32_avx2_rows", CpuFeatures.Avx2 | CpuFeatures.Fma, PoolRows.Fits, PoolRows.Create<F32x8, AverageFormula>),
            new("averagepool_f32_v128_blocks", CpuFeatures.Simd128, PoolBlocks.Fits, PoolBlocks.Create<F32x4, AverageFormula>),
            new("averagepool_f32_v128_rows", CpuFeatures.Simd128, PoolRows.Fits, PoolRows.Create<F32x4, AverageFormula>),
            new("averagepool_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new PoolReference<float>(p, NormFormula.Average)),
            new("averagepool_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new PoolReference<double>(p, NormFormula.Average)),
        ]) { Device = () => PoolDevice.Average };
}

/// <summary>(sum |x|^p)^(1/p) over windows.</summary>
public static class LpPoolKernels
{
    public static readonly KernelTable<PoolProblem> Table = new(
        "lppool",
        [
            new("lppool_f32_avx2_blocks", CpuFeatures.Avx2 | CpuFeatures.Fma, PoolBlocks.FitsNorm, PoolBlocks.CreateNorm<F32x8>),
            new("lppool_f32_avx2_rows", CpuFeatures.Avx2 | CpuFeatures.Fma, PoolRows.FitsNorm, PoolRows.CreateNorm<F32x8>),
            new("lppool_f32_v128_blocks", CpuFeatures.Simd128, PoolBlocks.FitsNorm, PoolBlocks.CreateNorm<F32x4>),
            new("lppool_f32_v128_rows", CpuFeatures.Simd128, PoolRows.FitsNorm, PoolRows.CreateNorm<F32x4>),
            new("lppool_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new PoolReference<float>(p, NormFormula.Norm(p.P))),
            new("lppool_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new PoolReference<double>(p, NormFormula.Norm(p.P))),
        ]) { Device = () => PoolDevice.Norm };
}
