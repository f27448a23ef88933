using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// y = float32(x - zero) * scale. Inputs: x, scales (f32), zero points of the type of x (absent = 0). The result is f32.
/// </summary>
/// <param name="From">u8, s8, u16, s16 or s32.</param>
public sealed record DequantizeProblem(DataType From, ScaleGrid Grid, bool HasZeroPoint);

/// <summary>Integers to real numbers.</summary>
public static class DequantizeKernels
{
    public static readonly KernelTable<DequantizeProblem> Table = new(
        "dequantize",
        [
            new("dequantize_int_v128_b1", CpuFeatures.Simd128, p => p.From.Size() == 1 && p.Grid.IsPerTensor, p => new DequantizeV128(p)),
            new("dequantize_int_v128_b2", CpuFeatures.Simd128, p => p.From.Size() == 2 && p.Grid.IsPerTensor, p => new DequantizeWords(p)),
            new("dequantize_int_ref", CpuFeatures.None, _ => true, p => p.From.Visit<DequantizeMaker, Kernel>(new DequantizeMaker(p))),
        ]) { Device = () => QuantizationDevice.Dequantize };
}
