using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Normalization;

/// <summary>
/// Lines that are strided (softmax over channels): lanes run across neighbouring lines; lines that do not fill a register go
/// through a padded one. Exponentials are computed twice rather than stored and read back with a stride.
/// </summary>
internal sealed unsafe class SoftmaxStrided<T>(SoftmaxProblem problem) : Kernel where T : struct, ILanes<T>
{
    private readonly int _length = problem.Lines.Length;
    private readonly long _inner = problem.Lines.Inner;
    private readonly bool _logarithm = problem.Logarithm;
    private readonly int _chunksPerSlice = checked((int)((problem.Lines.Inner + ChunkLines - 1) / ChunkLines));

    /// <summary>Lines per hand-over to a thread; a multiple of every lane count.</summary>
    private const int ChunkLines = 256;

    public override void Run(in KernelContext context)
    {
        var ends = new Ends((float*)context.Input(0), (float*)context.Output(0));
        context.Pool.Run(this, &ends, &RunChunk, checked((int)problem.Lines.Outer * _chunksPerSlice));
    }

    private static void RunChunk(object owner, void* state, int chunk)
    {
        var kernel = Unsafe.As<SoftmaxStrided<T>>(owner);
        var ends = (Ends*)state;
        long slice = chunk / kernel._chunksPerSlice;
        long first = (long)(chunk % kernel._chunksPerSlice) * ChunkLines;
        long end = Math.Min(kernel._inner, first + ChunkLines);
        long start = slice * kernel._length * kernel._inner;
        for (long inner = first; inner < end; inner += T.Count)
        {
            kernel.Lines(ends->Source + start + inner, ends->Target + start + inner, kernel._inner, (int)Math.Min(T.Count, end - inner));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Lines(float* source, float* target, long step, int lines)
    {
        T largest = T.Splat(float.NegativeInfinity);
        for (long i = 0; i < _length; i++)
        {
            largest = T.Max(largest, Load(source + (i * step), lines));
        }
        T sum = T.Splat(0f);
        for (long i = 0; i < _length; i++)
        {
            T e = LaneMath.Exp(T.Subtract(Load(source + (i * step), lines), largest));
            sum = T.Add(sum, e);
        }
        T last = _logarithm ? LaneMath.Log(sum) : T.Divide(T.Splat(1f), sum);
        for (long i = 0; i < _length; i++)
        {
            T x = T.Subtract(Load(source + (i * step), lines), largest);
            Store(_logarithm ? T.Subtract(x, last) : T.Multiply(LaneMath.Exp(x), last), target + (i * step), lines);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Load(float* source, int lines) => lines == T.Count ? T.Load(source) : LoadSome(source, lines);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T LoadSome(float* source, int lines)
    {
        float* padded = stackalloc float[16];
        for (int i = 0; i < lines; i++)
        {
            padded[i] = source[i];
        }
        return T.Load(padded);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T value, float* target, int lines)
    {
        if (lines == T.Count)
        {
            T.Store(value, target);
        }
        else
        {
            StoreSome(value, target, lines);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreSome(T value, float* target, int lines)
    {
        float* padded = stackalloc float[16];
        T.Store(value, padded);
        for (int i = 0; i < lines; i++)
        {
            target[i] = padded[i];
        }
    }

    private readonly struct Ends(float* source, float* target)
    {
        public readonly float* Source = source;
        public readonly float* Target = target;
    }
}
