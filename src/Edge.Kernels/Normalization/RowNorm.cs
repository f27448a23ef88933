using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>How a row norm finds the scale and bias of an element.</summary>
public enum RowScale
{
    /// <summary>There are none.</summary>
    None,

    /// <summary>One for each element of a row, the same in all rows.</summary>
    PerElement,

    /// <summary>
    /// One for each run of elements; runs are numbered through the rows of an image and start again with the next image.
    /// </summary>
    PerRun,
}

/// <summary>
/// y = (x - mean) / sqrt(variance + epsilon) * scale + bias, with mean and variance of each of <paramref name="Rows"/>
/// contiguous rows of <paramref name="Length"/> elements. Inputs: x, scale and bias where there are any. Outputs: y, and where
/// asked for the mean and the factor 1 / sqrt(variance + epsilon) of each row.
/// </summary>
/// <param name="Centered">False leaves the mean in: y = x / sqrt(mean of x^2 + epsilon) * scale + bias.</param>
/// <param name="HasBias">Whether there is an input 2.</param>
/// <param name="Run">Length of a run; divides Length.</param>
/// <param name="Scales">Number of scales, and of biases.</param>
/// <param name="Outputs">1 to 3.</param>
public sealed record RowNormProblem(
    DataType Type, long Rows, int Length, float Epsilon, bool Centered, RowScale Scale = RowScale.None, bool HasBias = false, int Run = 1, int Scales = 0, int Outputs = 1);

/// <summary>Layer, group, instance and root-mean-square normalization.</summary>
public static class RowNormKernels
{
    public static readonly KernelTable<RowNormProblem> Table = new(
        "rownorm",
        [
            new("rownorm_f32_avx2", CpuFeatures.Avx2, FitsLanes, p => new RowNormLanes<F32x8>(p)),
            new("rownorm_f32_v128", CpuFeatures.Simd128, FitsLanes, p => new RowNormLanes<F32x4>(p)),
            new("rownorm_float_ref", CpuFeatures.None, p => p.Type is DataType.F32 or DataType.F64, Reference),
        ]) { Device = () => NormalizationDevice.RowNorm };

    private static bool FitsLanes(RowNormProblem problem) => problem is { Type: DataType.F32, Rows: <= int.MaxValue };

    private static Kernel Reference(RowNormProblem problem) =>
        problem.Type == DataType.F64 ? new RowNormReference<double>(problem) : new RowNormReference<float>(problem);
}
