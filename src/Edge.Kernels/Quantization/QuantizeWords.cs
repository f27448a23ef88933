using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>float32 to 16 bits with one scale, eight elements at a time; limits as in <see cref="QuantizeBytes{TStep}"/>.</summary>
internal sealed unsafe class QuantizeWords(QuantizeProblem problem) : Kernel
{
    private readonly long _count = problem.Grid.Count;

    public override void Run(in KernelContext context)
    {
        (int low, int high) = Affine.Range(problem.To);
        var state = new State
        {
            Source = (float*)context.Input(0),
            Target = (short*)context.Output(0),
            Scale = *(float*)context.Input(1),
            Zero = problem.HasZeroPoint ? Affine.Read16(context.Input(2), problem.To == DataType.S16) : 0,
            Low = low,
            High = high,
        };
        context.Pool.Run(this, &state, &RunChunk, Chunks.Of(_count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        long start = (long)chunk * Chunks.Elements;
        Convert((State*)state, start, start + Chunks.Length(((QuantizeWords)owner)._count, chunk));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Convert(State* state, long start, long end)
    {
        float* source = state->Source;
        short* target = state->Target;
        Vector128<float> scale = Vector128.Create(state->Scale);
        Vector128<float> least = Vector128.Create((float)(state->Low - state->Zero)), most = Vector128.Create((float)(state->High - state->Zero));
        Vector128<int> zero = Vector128.Create(state->Zero);
        long i = start;
        for (; i <= end - EightLanes.Count; i += EightLanes.Count)
        {
            Vector128<int> low = Four(source + i, scale, least, most) + zero, high = Four(source + i + 4, scale, least, most) + zero;
            EightLanes.Store(low, high, target + i);
        }
        for (; i < end; i++)
        {
            target[i] = unchecked((short)Affine.Quantize(source[i] / state->Scale, state->Zero, state->Low, state->High));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Four(float* x, Vector128<float> scale, Vector128<float> least, Vector128<float> most) =>
        Vector128.ConvertToInt32(Vector128.Min(Vector128.Max(Vector128.Round(Vector128.Load(x) / scale), least), most));

    private struct State
    {
        public float* Source;
        public short* Target;
        public float Scale;
        public int Zero;
        public int Low;
        public int High;
    }
}

/// <summary>16 bits to float32 with one scale, eight elements at a time.</summary>
internal sealed unsafe class DequantizeWords(DequantizeProblem problem) : Kernel
{
    private readonly long _count = problem.Grid.Count;
    private readonly bool _isSigned = problem.From == DataType.S16;

    public override void Run(in KernelContext context)
    {
        var state = new State
        {
            Source = context.Input(0),
            Target = (float*)context.Output(0),
            Scale = *(float*)context.Input(1),
            Zero = problem.HasZeroPoint ? Affine.Read16(context.Input(2), _isSigned) : 0,
        };
        context.Pool.Run(this, &state, &RunChunk, Chunks.Of(_count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        var kernel = (DequantizeWords)owner;
        long start = (long)chunk * Chunks.Elements;
        Convert((State*)state, kernel._isSigned, start, start + Chunks.Length(kernel._count, chunk));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Convert(State* state, bool signed, long start, long end)
    {
        byte* source = state->Source;
        float* target = state->Target;
        Vector128<float> scale = Vector128.Create(state->Scale);
        Vector128<int> zero = Vector128.Create(state->Zero), mask = Vector128.Create(signed ? -1 : 0xFFFF);
        long i = start;
        for (; i <= end - EightLanes.Count; i += EightLanes.Count)
        {
            (Vector128<int> low, Vector128<int> high) = Vector128.Widen(Vector128.Load((short*)source + i));
            (Vector128.ConvertToSingle((low & mask) - zero) * scale).Store(target + i);
            (Vector128.ConvertToSingle((high & mask) - zero) * scale).Store(target + i + 4);
        }
        for (; i < end; i++)
        {
            target[i] = (Affine.Read16(source + (i * sizeof(short)), signed) - state->Zero) * state->Scale;
        }
    }

    private struct State
    {
        public byte* Source;
        public float* Target;
        public float Scale;
        public int Zero;
    }
}
