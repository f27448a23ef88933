using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>16 numbers to bytes.</summary>
internal unsafe interface IQuantizeStep
{
    /// <param name="least">Least integer before the zero point is added.</param>
    /// <param name="most">Greatest integer before the zero point is added.</param>
    static abstract Vector128<byte> Convert(float* x, float scale, int zero, float least, float most);
}

/// <summary>Four vectors of 128 bits.</summary>
internal readonly unsafe struct QuantizeV128 : IQuantizeStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Convert(float* x, float scale, int zero, float least, float most)
    {
        Vector128<int> a = Four(x, scale, zero, least, most), b = Four(x + 4, scale, zero, least, most);
        Vector128<int> c = Four(x + 8, scale, zero, least, most), d = Four(x + 12, scale, zero, least, most);
        return Vector128.Narrow(Vector128.Narrow(a, b), Vector128.Narrow(c, d)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Four(float* x, float scale, int zero, float least, float most)
    {
        Vector128<float> rounded = Vector128.Round(Vector128.Load(x) / Vector128.Create(scale));
        return Vector128.ConvertToInt32(Vector128.Min(Vector128.Max(rounded, Vector128.Create(least)), Vector128.Create(most))) + Vector128.Create(zero);
    }
}

/// <summary>Two vectors of 256 bits.</summary>
internal readonly unsafe struct QuantizeAvx2 : IQuantizeStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Convert(float* x, float scale, int zero, float least, float most)
    {
        Vector256<ushort> words = Avx2.PackUnsignedSaturate(Eight(x, scale, zero, least, most), Eight(x + 8, scale, zero, least, most));
        Vector256<short> ordered = Avx2.Permute4x64(words.AsInt64(), 0b11_01_10_00).AsInt16();
        return Sse2.PackUnsignedSaturate(ordered.GetLower(), ordered.GetUpper());
    }

    /// <summary>The low bytes of eight integers. Whole limits before rounding do what they do after it; converting rounds ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Eight(float* x, float scale, int zero, float least, float most)
    {
        Vector256<float> ratio = Avx.Divide(Vector256.Load(x), Vector256.Create(scale));
        ratio = Avx.And(ratio, Avx.CompareOrdered(ratio, ratio));
        Vector256<int> integers = Avx.ConvertToVector256Int32(Avx.Min(Avx.Max(ratio, Vector256.Create(least)), Vector256.Create(most)));
        return Avx2.And(Avx2.Add(integers, Vector256.Create(zero)), Vector256.Create(0xFF));
    }
}

/// <summary>One vector of 512 bits.</summary>
internal readonly unsafe struct QuantizeAvx512 : IQuantizeStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Convert(float* x, float scale, int zero, float least, float most)
    {
        Vector512<float> rounded = Vector512.Round(Vector512.Load(x) / Vector512.Create(scale));
        Vector512<int> integers = Vector512.ConvertToInt32(Vector512.Min(Vector512.Max(rounded, Vector512.Create(least)), Vector512.Create(most)));
        return Avx512F.ConvertToVector128Byte((integers + Vector512.Create(zero)).AsUInt32());
    }
}

/// <summary>
/// float32 to 8 bits with one scale, 16 elements at a time. The limits are applied to the rounded ratio before the zero point
/// is added, where float32 is exact; the bits of the result are then the same for s8 and u8.
/// </summary>
internal sealed unsafe class QuantizeBytes<TStep>(QuantizeProblem problem) : Kernel where TStep : struct, IQuantizeStep
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
        Convert((State*)state, start, start + Chunks.Length(((QuantizeBytes<TStep>)owner)._count, chunk));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Convert(State* state, long start, long end)
    {
        float* source = state->Source;
        byte* target = state->Target;
        float scale = state->Scale;
        int zero = state->Zero;
        float least = state->Low - zero, most = state->High - zero;
        long i = start;
        for (; i <= end - Step; i += Step)
        {
            TStep.Convert(source + i, scale, zero, least, most).Store(target + i);
        }
        for (; i < end; i++)
        {
            target[i] = (byte)Affine.Quantize(source[i] / scale, zero, state->Low, state->High);
        }
    }

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
