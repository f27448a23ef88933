using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// y[i] = e[i] / sum over j of e[j], in float32, along an axis; e of 8-bit x: table[max - x[i]]; e of 16-bit x, with d = max - x[i] from 0 to 65535:
/// (table[d >> 8] * table[256 + (d &amp; 255)] + 2^23) >> 24, in 64 bits. Numerators are integers, summed in 64 bits; both are rounded to float32 and
/// divided, so that every processor computes the same bits. Inputs: x (s8 or s16), table (s32, 256 or 512, not negative, that of d = 0 positive).
/// </summary>
/// <param name="Outer">Product of the dimensions before the axis.</param>
/// <param name="Size">Size of the axis.</param>
/// <param name="Inner">Product of the dimensions behind it.</param>
public sealed record QuantSoftmaxProblem(long Outer, int Size, long Inner)
{
    /// <summary>Fractional bits of both factors of a numerator of 16-bit x.</summary>
    private const int FactorBits = 24;

    /// <summary>s8 or s16.</summary>
    public DataType XType { get; init; } = DataType.S8;

    /// <summary>Entries of the table.</summary>
    public int Entries => XType == DataType.S16 ? 512 : 256;

    /// <summary>e of a distance from the maximum.</summary>
    /// <param name="table"><see cref="Entries"/> numbers.</param>
    public long Numerator(ReadOnlySpan<int> table, int distance) => XType == DataType.S16
        ? ((table[distance >> 8] * (long)table[256 + (distance & 255)]) + (1L << (FactorBits - 1))) >> FactorBits
        : table[distance];
}

/// <summary>Softmax of quantized scores.</summary>
public static class QuantSoftmaxKernels
{
    public static readonly KernelTable<QuantSoftmaxProblem> Table = new(
        "quantsoftmax",
        [
            new("quantsoftmax_int_ref", CpuFeatures.None, _ => true, p => new QuantSoftmaxReference(p)),
        ]) { IsExact = true, Device = () => QuantizationDevice.Softmax };
}

/// <summary>The naive row: one line of the axis after another.</summary>
internal sealed unsafe class QuantSoftmaxReference(QuantSoftmaxProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        byte* x = context.Input(0);
        var table = new ReadOnlySpan<int>(context.Input(1), problem.Entries);
        var y = (float*)context.Output(0);
        for (long outer = 0; outer < problem.Outer; outer++)
        {
            for (long inner = 0; inner < problem.Inner; inner++)
            {
                Line(x, table, y, (outer * problem.Size * problem.Inner) + inner);
            }
        }
    }

    /// <param name="at">The first element of the line.</param>
    private void Line(byte* x, ReadOnlySpan<int> table, float* y, long at)
    {
        int max = short.MinValue;
        for (int i = 0; i < problem.Size; i++)
        {
            max = Math.Max(max, Affine.Read(x, problem.XType, at + (i * problem.Inner)));
        }
        long sum = 0;
        for (int i = 0; i < problem.Size; i++)
        {
            sum += problem.Numerator(table, max - Affine.Read(x, problem.XType, at + (i * problem.Inner)));
        }
        float divisor = sum;
        for (int i = 0; i < problem.Size; i++)
        {
            long element = at + (i * problem.Inner);
            y[element] = problem.Numerator(table, max - Affine.Read(x, problem.XType, element)) / divisor;
        }
    }
}
