using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>8 bits to float32 with one scale, 16 elements at a time.</summary>
internal sealed unsafe class DequantizeV128(DequantizeProblem problem) : Kernel
{
    private const int Step = 16;

    private readonly long _count = problem.Grid.Count;
    private readonly bool _isSigned = problem.From == DataType.S8;

    public override void Run(in KernelContext context)
    {
        var state = new State
        {
            Source = context.Input(0),
            Target = (float*)context.Output(0),
            Scale = *(float*)context.Input(1),
            Zero = problem.HasZeroPoint ? Affine.Read8(context.Input(2), _isSigned) : 0,
        };
        context.Pool.Run(this, &state, &RunChunk, Chunks.Of(_count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        var kernel = (DequantizeV128)owner;
        long start = (long)chunk * Chunks.Elements;
        Convert((State*)state, kernel._isSigned, start, start + Chunks.Length(kernel._count, chunk));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Convert(State* state, bool signed, long start, long end)
    {
        byte* source = state->Source;
        float* target = state->Target;
        Vector128<float> scale = Vector128.Create(state->Scale);
        Vector128<short> zero = Vector128.Create((short)state->Zero);
        long i = start;
        for (; i <= end - Step; i += Step)
        {
            Vector128<byte> x = Vector128.Load(source + i);
            (Vector128<short> low, Vector128<short> high) = signed ? Vector128.Widen(x.AsSByte()) : Unsigned(x);
            Store(low - zero, scale, target + i);
            Store(high - zero, scale, target + i + 8);
        }
        for (; i < end; i++)
        {
            target[i] = (Affine.Read8(source + i, signed) - state->Zero) * state->Scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<short> Low, Vector128<short> High) Unsigned(Vector128<byte> x)
    {
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(x);
        return (low.AsInt16(), high.AsInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<short> difference, Vector128<float> scale, float* target)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(difference);
        (Vector128.ConvertToSingle(low) * scale).Store(target);
        (Vector128.ConvertToSingle(high) * scale).Store(target + 4);
    }

    private struct State
    {
        public byte* Source;
        public float* Target;
        public float Scale;
        public int Zero;
    }
}
