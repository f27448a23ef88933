using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>
/// y = activation(scale * (x - mean) / sqrt(variance + epsilon) + bias) per channel of a tensor (Batch, Channels, Spatial).
/// Inputs: x, scale, bias, mean, variance, the last four of Channels elements.
/// </summary>
/// <param name="Training">
/// Mean and variance are those of x itself; outputs 1 and 2 are the running ones: momentum * input + (1 - momentum) * current.
/// </param>
/// <param name="Activation">Float32 only, and not with <paramref name="Training"/>.</param>
/// <param name="Layout">Of x and y. Training works on planar tensors only.</param>
/// <param name="UpdatesRunning">Whether training has outputs 1 and 2.</param>
public sealed record BatchNormProblem(
    DataType Type, long Batch, int Channels, long Spatial, float Epsilon, bool Training = false, float Momentum = 0.9f,
    Activation Activation = default, Layout Layout = Layout.Planar, bool UpdatesRunning = true);

/// <summary>Batch normalization.</summary>
public static class BatchNormKernels
{
    public static readonly KernelTable<BatchNormProblem> Table = new(
        "batchnorm",
        [
            new("batchnorm_f32_avx2_blocks", CpuFeatures.Avx2 | CpuFeatures.Fma, BatchNormBlocks.Fits, BatchNormBlocks.Create<F32x8>),
            new("batchnorm_f32_avx2", CpuFeatures.Avx2, FitsLanes, p => new BatchNormLanes<F32x8>(p)),
            new("batchnorm_f32_avx2_training", CpuFeatures.Avx2 | CpuFeatures.Fma, BatchNormTrainingForward<F32x8>.Fits, p => new BatchNormTrainingForward<F32x8>(p)),
            new("batchnorm_f32_v128_blocks", CpuFeatures.Simd128, BatchNormBlocks.Fits, BatchNormBlocks.Create<F32x4>),
            new("batchnorm_f32_v128", CpuFeatures.Simd128, FitsLanes, p => new BatchNormLanes<F32x4>(p)),
            new("batchnorm_f32_v128_training", CpuFeatures.Simd128, BatchNormTrainingForward<F32x4>.Fits, p => new BatchNormTrainingForward<F32x4>(p)),
            new("batchnorm_float_ref", CpuFeatures.None, p => !p.Training && HasGoodType(p), Reference),
            new("batchnorm_float_ref_training", CpuFeatures.None, p => p is { Training: true, Layout: Layout.Planar } && HasGoodType(p), Training),
        ]) { Device = () => NormalizationDevice.BatchNorm };

    private static bool FitsLanes(BatchNormProblem problem) =>
        problem is { Type: DataType.F32, Training: false, Layout: Layout.Planar } && problem.Batch * problem.Channels <= int.MaxValue && problem.Spatial <= int.MaxValue;

    private static bool HasGoodType(BatchNormProblem problem) =>
        problem.Type == DataType.F32 || (problem.Type == DataType.F64 && problem.Activation.Kind == ActivationKind.None);

    private static Kernel Reference(BatchNormProblem problem) =>
        problem.Type == DataType.F64 ? new BatchNormReference<double>(problem) : new BatchNormReference<float>(problem);

    private static Kernel Training(BatchNormProblem problem) =>
        problem.Type == DataType.F64 ? new BatchNormTraining<double>(problem) : new BatchNormTraining<float>(problem);
}
