using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Quantizes <paramref name="Count"/> float32 values to u8 with a scale and a zero point made from their range, which is
/// widened to hold 0: scale = (max - min) / 255, or 1 where all values are 0; zeroPoint = saturate(round(-min / scale)).
/// Outputs: y, scale, zero point.
/// </summary>
public sealed record DynamicQuantizeProblem(long Count);

/// <summary>Quantization with parameters found at run time.</summary>
public static class DynamicQuantizeKernels
{
    public static readonly KernelTable<DynamicQuantizeProblem> Table = new(
        "dynamicquantize",
        [
            new("dynamicquantize_f32_ref", CpuFeatures.None, _ => true, p => new DynamicQuantizeReference(p.Count)),
        ]);
}

/// <summary>The naive row: a pass for the range, a pass for the values.</summary>
internal sealed unsafe class DynamicQuantizeReference(long count) : Kernel
{
    public override void Run(in KernelContext context)
    {
        float* x = (float*)context.Input(0);
        float low = 0;
        float high = 0;
        for (long i = 0; i < count; i++)
        {
            low = float.MinNumber(low, x[i]);
            high = float.MaxNumber(high, x[i]);
        }
        float scale = high == low ? 1 : (high - low) / byte.MaxValue;
        byte zeroPoint = Saturation.Round(-low / scale, (byte)0);
        byte* y = context.Output(0);
        for (long i = 0; i < count; i++)
        {
            y[i] = Saturation.Round(x[i] / scale, zeroPoint);
        }
        *(float*)context.Output(1) = scale;
        *context.Output(2) = zeroPoint;
    }
}
