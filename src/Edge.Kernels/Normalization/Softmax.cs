using Edge.Kernels.Dispatch;
using Edge.Kernels.Reduction;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>
/// exp(x - m) / sum(exp(x - m)) along the middle axis, with its largest element m; or the logarithm of that,
/// x - m - log(sum(exp(x - m))).
/// </summary>
public sealed record SoftmaxProblem(AxisProblem Lines, bool Logarithm);

/// <summary>Softmax and its logarithm.</summary>
public static class SoftmaxKernels
{
    public static readonly KernelTable<SoftmaxProblem> Table = new(
        "softmax",
        [
            new("softmax_f32_avx2_row", CpuFeatures.Avx2, IsRow, p => new SoftmaxRow<F32x8>(p)),
            new("softmax_f32_avx2_strided", CpuFeatures.Avx2, p => IsStrided(p, F32x8.Count), p => new SoftmaxStrided<F32x8>(p)),
            new("softmax_f32_v128_row", CpuFeatures.Simd128, IsRow, p => new SoftmaxRow<F32x4>(p)),
            new("softmax_f32_v128_strided", CpuFeatures.Simd128, p => IsStrided(p, F32x4.Count), p => new SoftmaxStrided<F32x4>(p)),
            new("softmax_float_ref", CpuFeatures.None, p => p.Lines.Type is DataType.F32 or DataType.F64, Reference),
        ]) { Device = () => NormalizationDevice.Softmax };

    private static bool IsRow(SoftmaxProblem problem) => problem.Lines is { Type: DataType.F32, Inner: 1, Outer: <= int.MaxValue };

    private static bool IsStrided(SoftmaxProblem problem, int lanes) =>
        problem.Lines is { Type: DataType.F32, Outer: <= int.MaxValue } && problem.Lines.Inner >= lanes;

    private static Kernel Reference(SoftmaxProblem problem) => problem.Lines.Type == DataType.F64
        ? new SoftmaxReference<double>(problem)
        : new SoftmaxReference<float>(problem);
}
