using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// y = saturate(round(x / scale) + zero), ties to even; NaN gives zero. Inputs: x, scales (f32), zero points of type
/// <paramref name="To"/> (absent = 0). The division is float32 for f32 and float64 for s32.
/// </summary>
/// <param name="From">f32 or s32.</param>
/// <param name="To">u8, s8, u16 or s16.</param>
public sealed record QuantizeProblem(DataType From, DataType To, ScaleGrid Grid, bool HasZeroPoint);

/// <summary>Real numbers to integers.</summary>
public static class QuantizeKernels
{
    public static readonly KernelTable<QuantizeProblem> Table = new(
        "quantize",
        [
            new("quantize_f32_avx512", CpuFeatures.Avx512, IsBytes, p => new QuantizeBytes<QuantizeAvx512>(p)),
            new("quantize_f32_avx2", CpuFeatures.Avx2, IsBytes, p => new QuantizeBytes<QuantizeAvx2>(p)),
            new("quantize_f32_v128", CpuFeatures.Simd128, IsBytes, p => new QuantizeBytes<QuantizeV128>(p)),
            new("quantize_f32_v128_words", CpuFeatures.Simd128, IsWords, p => new QuantizeWords(p)),
            new("quantize_number_ref", CpuFeatures.None, _ => true, p => p.To.Visit<QuantizeMaker, Kernel>(new QuantizeMaker(p))),
        ]) { IsExact = true, Device = () => QuantizationDevice.Quantize };

    private static bool IsWords(QuantizeProblem problem) => problem.From == DataType.F32 && problem.To.Size() == 2 && problem.Grid.IsPerTensor;

    private static bool IsBytes(QuantizeProblem problem) => problem.From == DataType.F32 && problem.To.Size() == 1 && problem.Grid.IsPerTensor;
}
