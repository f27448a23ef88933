using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Any function of one number (docs/quantization.md). Of 8-bit x: y = table[x + 128]; inputs: x (s8), table (256, of the type of y). Of 16-bit x:
/// interpolation between every 128th: v = table[i] * (128 - f) + table[i + 1] * f with i and f the quotient and remainder of (x + 32768) / 128;
/// y = clamp((v + 2^6) >> 7, Low, High) for s16, and clamp((v + 2^14) >> 15, Low, High) for s8, whose table counts 256ths of a step; inputs: x (s16),
/// table (s16, 513).
/// </summary>
public sealed record QuantTableProblem(long Count)
{
    /// <summary>Entries for 16-bit x.</summary>
    public const int WordEntries = 513;

    /// <summary>Bits of a 16-bit x that lie between two entries.</summary>
    public const int FractionBits = 7;

    /// <summary>s8 or s16.</summary>
    public DataType XType { get; init; } = DataType.S8;

    /// <summary>s8 or s16.</summary>
    public DataType YType { get; init; } = DataType.S8;

    /// <summary>Least result where x has 16 bits.</summary>
    public int Low { get; init; } = sbyte.MinValue;

    /// <summary>Greatest result where x has 16 bits.</summary>
    public int High { get; init; } = sbyte.MaxValue;

    /// <summary>Whether x and y have 8 bits.</summary>
    public bool IsBytes => XType == DataType.S8 && YType == DataType.S8;

    /// <summary>Bits that the interpolation has more than the result.</summary>
    public int ExtraBits => YType == DataType.S16 ? FractionBits : FractionBits + 8;

    /// <summary>The result of an interpolation.</summary>
    /// <param name="sum">128ths of an entry.</param>
    public int Finish(int sum) => Math.Clamp((sum + (1 << (ExtraBits - 1))) >> ExtraBits, Low, High);
}

/// <summary>Functions by table.</summary>
public static class QuantTableKernels
{
    public static readonly KernelTable<QuantTableProblem> Table = new(
        "quanttable",
        [
            new("quanttable_s8_scalar_chunks", CpuFeatures.None, p => p.IsBytes, p => new QuantTableChunks(p)),
            new("quanttable_s16_avx2_b8", CpuFeatures.Avx2, p => p.XType == DataType.S16, p => new QuantTableWords(p, gathers: true)),
            new("quanttable_int_scalar_words", CpuFeatures.None, p => !p.IsBytes, p => new QuantTableWords(p, gathers: false)),
            new("quanttable_int_ref", CpuFeatures.None, _ => true, p => new QuantTableReference(p)),
        ]) { IsExact = true, Device = () => QuantizationDevice.Table };
}

/// <summary>The naive row: one element after another.</summary>
internal sealed unsafe class QuantTableReference(QuantTableProblem problem) : Kernel
{
    public override void Run(in KernelContext context)
    {
        byte* x = context.Input(0);
        byte* table = context.Input(1);
        byte* y = context.Output(0);
        for (long i = 0; i < problem.Count; i++)
        {
            int value = problem.XType == DataType.S16
                ? Interpolate(problem, (short*)table, ((short*)x)[i])
                : Affine.Read(table, problem.YType, ((sbyte*)x)[i] + 128);
            Affine.Write(y, problem.YType, i, value);
        }
    }

    /// <summary>The result for a 16-bit number.</summary>
    public static int Interpolate(QuantTableProblem problem, short* table, int x)
    {
        int u = x + 32768;
        int f = u & 127;
        int v = (table[u >> 7] * (128 - f)) + (table[(u >> 7) + 1] * f);
        return problem.Finish(v);
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
