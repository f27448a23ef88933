using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Quantization;

/// <summary>
/// y[i] = e[i] / sum over j of e[j], in float32, with e[i] = table[max - x[i]] along an axis: numerators from a table of integers, summed in
/// 64 bits; both are rounded to float32 and divided, so that every processor computes the same bits. Inputs: x (s8), table (s32, 256,
/// not negative, the first positive).
/// </summary>
/// <param name="Outer">Product of the dimensions before the axis.</param>
/// <param name="Size">Size of the axis.</param>
/// <param name="Inner">Product of the dimensions behind it.</param>
public sealed record QuantSoftmaxProblem(long Outer, int Size, long Inner);

/// <summary>Softmax of quantized scores.</summary>
public static class QuantSoftmaxKernels
{
    public static readonly KernelTable<QuantSoftmaxProblem> Table = new(
        "quantsoftmax",
        [
            new("quantsoftmax_s8_ref", CpuFeatures.None, _ => true, p => new QuantSoftmaxReference(p)),
        ]) { Device = () => QuantizationDevice.Softmax };
}

/// <summary>The naive row: one line of the axis after another.</summary>
internal sealed unsafe class QuantSoftmaxReference(QuantSoftmaxProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        var x = (sbyte*)context.Input(0);
        var table = (int*)context.Input(1);
        var y = (float*)context.Output(0);
        for (long outer = 0; outer < problem.Outer; outer++)
        {
            for (long inner = 0; inner < problem.Inner; inner++)
            {
                long at = (outer * problem.Size * problem.Inner) + inner;
                Line(x + at, table, y + at);
            }
        }
    }

    private void Line(sbyte* x, int* table, float* y)
    {
        int max = sbyte.MinValue;
        for (int i = 0; i < problem.Size; i++)
        {
            max = Math.Max(max, x[i * problem.Inner]);
        }
        long sum = 0;
        for (int i = 0; i < problem.Size; i++)
        {
            sum += table[max - x[i * problem.Inner]];
        }
        float divisor = sum;
        for (int i = 0; i < problem.Size; i++)
        {
            y[i * problem.Inner] = table[max - x[i * problem.Inner]] / divisor;
        }
    }
}
