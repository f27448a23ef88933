using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Resize;

/// <summary>
/// y[i0, i1, ...] = sum over taps of w0 * w1 * ... * x[p0, p1, ...], the taps of each axis as <see cref="AxisTaps"/> has them;
/// zero weights are multiplied too, so that an infinite neighbour gives NaN. One axis per dimension of the tensor.
/// </summary>
public sealed class ResizeProblem(DataType type, ResizeAxis[] axes, ResizeRule rule)
{
    public DataType Type => type;

    public ResizeAxis[] Axes => axes;

    public ResizeRule Rule => rule;

    internal AxisTaps[] Taps { get; } = [.. axes.Select(a => AxisTaps.Build(rule, a))];

    internal bool Extrapolates => Taps.Any(t => t.Extrapolates);

    /// <summary>Whether only the last two axes change.</summary>
    internal bool IsPlanar => Axes.Length >= 2 && Taps[..^2].All(t => t.IsIdentity);

    public override string ToString() =>
        $"{Rule.Mode} {Type.Name()}[{string.Join(',', Axes.Select(a => a.Input))}] -> [{string.Join(',', Axes.Select(a => a.Output))}]";
}

/// <summary>Resampling of tensors on a regular grid.</summary>
public static class ResizeKernels
{
    public static readonly KernelTable<ResizeProblem> Table = new(
        "resize",
        [
            new("resize_f32_avx2_blocks", CpuFeatures.Avx2 | CpuFeatures.Fma, ResizeBlocks<F32x8>.Fits, p => new ResizeBlocks<F32x8>(p)),
            new("resize_f32_v128_blocks", CpuFeatures.Simd128, ResizeBlocks<F32x4>.Fits, p => new ResizeBlocks<F32x4>(p)),
            new("resize_f32_v128_nearest2x", CpuFeatures.Simd128, ResizeNearestDouble.Fits, p => new ResizeNearestDouble(p)),
            new("resize_any_scalar_nearest", CpuFeatures.None, ResizeNearest.Fits, p => new ResizeNearest(p)),
            new("resize_f32_avx2_bilinear", CpuFeatures.Avx2 | CpuFeatures.Fma, IsBilinear, p => new ResizeBilinear<F32x8>(p)),
            new("resize_f32_v128_bilinear", CpuFeatures.Simd128, IsBilinear, p => new ResizeBilinear<F32x4>(p)),
            new("resize_f32_avx2_separable", CpuFeatures.Avx2 | CpuFeatures.Fma, IsSeparable, p => new ResizeSeparable<F32x8>(p)),
            new("resize_f32_v128_separable", CpuFeatures.Simd128, IsSeparable, p => new ResizeSeparable<F32x4>(p)),
            new("resize_any_ref_nearest", CpuFeatures.None, p => p.Rule.Mode == ResizeMode.Nearest, p => new ResizeNearestReference(p)),
            new("resize_f32_ref", CpuFeatures.None, p => p.Type == DataType.F32, p => new ResizeReference<float>(p)),
            new("resize_f64_ref", CpuFeatures.None, p => p.Type == DataType.F64, p => new ResizeReference<double>(p)),
        ]) { Device = () => ResizeDevice.Rows };

    /// <summary>Whether the tables of positions and weights stay within 2^26 entries; they do for any image that fits in memory.</summary>
    public static bool IsWithinLimits(ResizeRule rule, ResizeAxis[] axes) => axes.Sum(a => AxisTaps.SizeOf(rule, a)) <= 1 << 26;

    private static bool IsSeparable(ResizeProblem problem) =>
        problem.Type == DataType.F32 && problem.Rule.Mode != ResizeMode.Nearest && !problem.Extrapolates;

    private static bool IsBilinear(ResizeProblem problem) =>
        IsSeparable(problem) && problem.IsPlanar && problem.Taps[^2..].All(t => t.Count <= 2);
}
