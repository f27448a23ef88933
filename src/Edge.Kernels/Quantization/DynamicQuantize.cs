using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Quantizes float32 to u8 by the range that the data turns out to have, zero included: scale = (max - min) / 255 (1 where
/// that is 0), zero = saturate(round(-min / scale)), y = saturate(round(x / scale) + zero). Outputs: y, scale, zero. NaN does
/// not widen the range and becomes zero.
/// </summary>
public sealed record DynamicQuantizeProblem(long Count);

/// <summary>Quantization with a scale computed in the run.</summary>
public static class DynamicQuantizeKernels
{
    public static readonly KernelTable<DynamicQuantizeProblem> Table = new(
        "dynamicquantize",
        [
            new("dynamicquantize_f32_ref", CpuFeatures.None, _ => true, p => new DynamicQuantizeReference(p)),
        ]);
}
