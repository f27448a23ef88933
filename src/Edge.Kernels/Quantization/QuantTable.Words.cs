using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Tables where x or y has 16 bits; elements are split among threads. AVX2 gathers both entries of eight interpolations at a time, as one number of 32 bits
/// each, and weighs them by vpmaddwd.
/// </summary>
internal sealed unsafe class QuantTableWords(QuantTableProblem problem, bool gathers) : Kernel
{
    private long Count => problem.Count;

    public override void Run(in KernelContext context)
    {
        var state = new Operands { X = context.Input(0), Table = (short*)context.Input(1), Y = context.Output(0) };
        context.Pool.Run(this, &state, &RunChunk, Chunks.Of(problem.Count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        var kernel = (QuantTableWords)owner;
        long start = (long)chunk * Chunks.Elements;
        kernel.Look(*(Operands*)state, start, start + Chunks.Length(kernel.Count, chunk));
    }

    private void Look(in Operands operands, long start, long end)
    {
        if (problem.XType == DataType.S8)
        {
            Direct((sbyte*)operands.X, operands.Table + 128, (short*)operands.Y, start, end);
        }
        else if (problem.YType == DataType.S16)
        {
            long done = gathers ? Gather((short*)operands.X, operands.Table, (short*)operands.Y, start, end) : start;
            Interpolate((short*)operands.X, operands.Table, (short*)operands.Y, done, end);
        }
        else
        {
            long done = gathers ? Gather((short*)operands.X, operands.Table, (sbyte*)operands.Y, start, end) : start;
            Interpolate((short*)operands.X, operands.Table, (sbyte*)operands.Y, done, end);
        }
    }

    /// <param name="table">The entry of 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Direct(sbyte* x, short* table, short* y, long start, long end)
    {
        for (long i = start; i < end; i++)
        {
            y[i] = table[x[i]];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Interpolate<TY>(short* x, short* table, TY* y, long start, long end) where TY : unmanaged
    {
        int bits = problem.ExtraBits, low = problem.Low, high = problem.High;
        int half = 1 << (bits - 1);
        for (long i = start; i < end; i++)
        {
            int u = x[i] + 32768;
            int f = u & 127;
            short* entry = table + (u >> QuantTableProblem.FractionBits);
            int value = Math.Clamp(((entry[0] * (128 - f)) + (entry[1] * f) + half) >> bits, low, high);
            if (typeof(TY) == typeof(short))
            {
                ((short*)y)[i] = (short)value;
            }
            else
            {
                ((sbyte*)y)[i] = (sbyte)value;
            }
        }
    }

    /// <returns>Where it stopped: fewer than eight elements are left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long Gather<TY>(short* x, short* table, TY* y, long start, long end) where TY : unmanaged
    {
        int bits = problem.ExtraBits;
        Vector256<int> half = Vector256.Create(1 << (bits - 1)), low = Vector256.Create(problem.Low), high = Vector256.Create(problem.High);
        Vector256<int> first = Vector256.Create(32768), fraction = Vector256.Create(127), whole = Vector256.Create(128);
        long i = start;
        for (; i <= end - EightLanes.Count; i += EightLanes.Count)
        {
            Vector256<int> u = Avx2.Add(Avx2.ConvertToVector256Int32(Vector128.Load(x + i)), first);
            Vector256<int> f = Avx2.And(u, fraction);
            Vector256<int> entries = Avx2.GatherVector256((int*)table, Avx2.ShiftRightLogical(u, QuantTableProblem.FractionBits), sizeof(short));
            Vector256<int> weights = Avx2.Or(Avx2.Subtract(whole, f), Avx2.ShiftLeftLogical(f, 16));
            Vector256<int> value = Avx2.Add(Avx2.MultiplyAddAdjacent(entries.AsInt16(), weights.AsInt16()), half) >> bits;
            value = Avx2.Min(Avx2.Max(value, low), high);
            EightLanes.Store(value.GetLower(), value.GetUpper(), y + i);
        }
        return i;
    }

    private struct Operands
    {
        public byte* X;
        public short* Table;
        public byte* Y;
    }
}
