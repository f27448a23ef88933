using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;

namespace Edge.Kernels.Quantization;

/// <summary>y = table[x + 128] for 8-bit integers: any function of one number. Inputs: x (s8), table (s8, 256).</summary>
public sealed record QuantTableProblem(long Count);

/// <summary>Functions by table.</summary>
public static class QuantTableKernels
{
    public static readonly KernelTable<QuantTableProblem> Table = new(
        "quanttable",
        [
            new("quanttable_s8_scalar_chunks", CpuFeatures.None, _ => true, p => new QuantTableChunks(p)),
            new("quanttable_s8_ref", CpuFeatures.None, _ => true, p => new QuantTableReference(p)),
        ]) { Device = () => QuantizationDevice.Table };
}

/// <summary>The naive row: one element after another.</summary>
internal sealed unsafe class QuantTableReference(QuantTableProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        var x = (sbyte*)context.Input(0);
        sbyte* table = (sbyte*)context.Input(1) + 128;
        var y = (sbyte*)context.Output(0);
        for (long i = 0; i < problem.Count; i++)
        {
            y[i] = table[x[i]];
        }
    }
}

/// <summary>Splits the elements among threads, eight at a time in one register.</summary>
internal sealed unsafe class QuantTableChunks(QuantTableProblem problem) : Kernel
{
    private long Count => problem.Count;

    public override void Run(in KernelContext context)
    {
        var state = new Operands { X = context.Input(0), Table = context.Input(1), Y = context.Output(0) };
        context.Pool.Run(this, &state, &RunChunk, Chunks.Of(problem.Count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        long start = (long)chunk * Chunks.Elements;
        Look(*(Operands*)state, start, start + Chunks.Length(((QuantTableChunks)owner).Count, chunk));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Look(Operands operands, long start, long end)
    {
        byte* table = operands.Table;
        long i = start;
        for (; i <= end - 8; i += 8)
        {
            // As unsigned bytes, x + 128 is x with its sign bit flipped.
            ulong x = *(ulong*)(operands.X + i) ^ 0x8080808080808080;
            ulong y = table[(byte)x] | ((ulong)table[(byte)(x >> 8)] << 8) | ((ulong)table[(byte)(x >> 16)] << 16) | ((ulong)table[(byte)(x >> 24)] << 24)
                | ((ulong)table[(byte)(x >> 32)] << 32) | ((ulong)table[(byte)(x >> 40)] << 40) | ((ulong)table[(byte)(x >> 48)] << 48) | ((ulong)table[x >> 56] << 56);
            *(ulong*)(operands.Y + i) = y;
        }
        for (; i < end; i++)
        {
            operands.Y[i] = table[operands.X[i] ^ 0x80];
        }
    }

    private struct Operands
    {
        public byte* X;
        public byte* Table;
        public byte* Y;
    }
}
