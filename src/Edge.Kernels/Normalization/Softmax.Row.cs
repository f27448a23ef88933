using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Normalization;

/// <summary>Lines that are contiguous: lanes run along the line. Lines are the chunks of threads.</summary>
internal sealed unsafe class SoftmaxRow<T>(SoftmaxProblem problem) : Kernel where T : struct, ILanes<T>
{
    private readonly int _length = problem.Lines.Length;
    private readonly bool _logarithm = problem.Logarithm;

    public override void Run(in KernelContext context)
    {
        var ends = new Ends((float*)context.Input(0), (float*)context.Output(0));
        context.Pool.Run(this, &ends, &RunLine, (int)problem.Lines.Outer);
    }

    private static void RunLine(object owner, void* state, int line)
    {
        var kernel = Unsafe.As<SoftmaxRow<T>>(owner);
        var ends = (Ends*)state;
        long start = (long)line * kernel._length;
        float largest = Largest(ends->Source + start, kernel._length);
        if (kernel._logarithm)
        {
            float sum = SumOfExponentials(ends->Source + start, null, kernel._length, largest);
            Subtract(ends->Source + start, ends->Target + start, kernel._length, largest, MathF.Log(sum));
        }
        else
        {
            float sum = SumOfExponentials(ends->Source + start, ends->Target + start, kernel._length, largest);
            Scale(ends->Target + start, kernel._length, 1 / sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(float* source, int count)
    {
        float largest = float.NegativeInfinity;
        int i = 0;
        if (count >= T.Count)
        {
            T lanes = T.Load(source);
            for (i = T.Count; i <= count - T.Count; i += T.Count)
            {
                lanes = T.Max(lanes, T.Load(source + i));
            }
            largest = T.MaxLane(lanes);
        }
        for (; i < count; i++)
        {
            largest = MathF.Max(largest, source[i]);
        }
        return largest;
    }

    /// <summary>The sum of exp(x - largest), whose terms go to <paramref name="target"/> unless it is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfExponentials(float* source, float* target, int count, float largest)
    {
        T offset = T.Splat(largest);
        T sums = T.Splat(0f);
        int i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T e = LaneMath.Exp(T.Subtract(T.Load(source + i), offset));
            sums = T.Add(sums, e);
            if (target is not null)
            {
                T.Store(e, target + i);
            }
        }
        float sum = T.Sum(sums);
        if (i < count)
        {
            float* rest = stackalloc float[16];
            for (int j = i; j < count; j++)
            {
                rest[j - i] = source[j];
            }
            T.Store(LaneMath.Exp(T.Subtract(T.Load(rest), offset)), rest);
            for (int j = i; j < count; j++)
            {
                sum += rest[j - i];
                if (target is not null)
                {
                    target[j] = rest[j - i];
                }
            }
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* values, int count, float factor)
    {
        T factors = T.Splat(factor);
        int i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T.Store(T.Multiply(T.Load(values + i), factors), values + i);
        }
        for (; i < count; i++)
        {
            values[i] *= factor;
        }
    }

    /// <summary>target = (source - largest) - logarithm: in two steps, since the first is exact near the maximum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Subtract(float* source, float* target, int count, float largest, float logarithm)
    {
        T first = T.Splat(largest);
        T second = T.Splat(logarithm);
        int i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T.Store(T.Subtract(T.Subtract(T.Load(source + i), first), second), target + i);
        }
        for (; i < count; i++)
        {
            target[i] = source[i] - largest - logarithm;
        }
    }

    private readonly struct Ends(float* source, float* target)
    {
        public readonly float* Source = source;
        public readonly float* Target = target;
    }
}
