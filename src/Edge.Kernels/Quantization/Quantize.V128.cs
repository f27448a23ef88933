using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// float32 to 8 bits with one scale, 16 elements at a time. The limits are applied to the rounded ratio before the zero point
/// is added, where float32 is exact; the bits of the result are then the same for s8 and u8.
/// </summary>
internal sealed unsafe class QuantizeV128(QuantizeProblem problem) : Kernel
{
    private const int Step = 16;

    private readonly long _count = problem.Grid.Count;
    private readonly bool _isSigned = problem.To == DataType.S8;

    public override void Run(in KernelContext context)
    {
        (int low, int high) = Affine.Range(problem.To);
        var state = new State
        {
            Source = (float*)context.Input(0),
            Target = context.Output(0),
            Scale = *(float*)context.Input(1),
            Zero = problem.HasZeroPoint ? Affine.Read8(context.Input(2), _isSigned) : 0,
            Low = low,
            High = high,
        };
        context.Pool.Run(this, &state, &RunChunk, Chunks.Of(_count));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        long start = (long)chunk * Chunks.Elements;
        Convert((State*)state, start, start + Chunks.Length(((QuantizeV128)owner)._count, chunk));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Convert(State* state, long start, long end)
    {
        float* source = state->Source;
        byte* target = state->Target;
        Vector128<float> scale = Vector128.Create(state->Scale);
        Vector128<int> zero = Vector128.Create(state->Zero);
        Vector128<float> least = Vector128.Create((float)(state->Low - state->Zero));
        Vector128<float> most = Vector128.Create((float)(state->High - state->Zero));
        long i = start;
        for (; i <= end - Step; i += Step)
        {
            Vector128<int> a = Convert(Vector128.Load(source + i), scale, zero, least, most);
            Vector128<int> b = Convert(Vector128.Load(source + i + 4), scale, zero, least, most);
            Vector128<int> c = Convert(Vector128.Load(source + i + 8), scale, zero, least, most);
            Vector128<int> d = Convert(Vector128.Load(source + i + 12), scale, zero, least, most);
            Vector128.Narrow(Vector128.Narrow(a, b), Vector128.Narrow(c, d)).AsByte().Store(target + i);
        }
        for (; i < end; i++)
        {
            target[i] = (byte)Affine.Quantize(source[i] / state->Scale, state->Zero, state->Low, state->High);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Convert(Vector128<float> x, Vector128<float> scale, Vector128<int> zero, Vector128<float> least, Vector128<float> most) =>
        Vector128.ConvertToInt32(Vector128.Min(Vector128.Max(Vector128.Round(x / scale), least), most)) + zero;

    private struct State
    {
        public float* Source;
        public byte* Target;
        public float Scale;
        public int Zero;
        public int Low;
        public int High;
    }
}
