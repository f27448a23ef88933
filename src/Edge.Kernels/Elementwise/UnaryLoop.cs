using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>The traversal of every unary function: whole registers, then one padded register for the rest.</summary>
internal static unsafe class UnaryLoop<TFormula, T>
    where TFormula : struct, IUnaryFormula
    where T : struct, ILanes<T>
{
    /// <summary>target[i] = f(source[i]); the two may be the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* source, float* target, long count, float alpha, float beta)
    {
        T a = T.Splat(alpha);
        T b = T.Splat(beta);
        long whole = count - (count % T.Count);
        for (long i = 0; i < whole; i += T.Count)
        {
            T.Store(TFormula.Apply(T.Load(source + i), a, b), target + i);
        }
        if (whole < count)
        {
            Rest(source + whole, target + whole, (int)(count - whole), alpha, beta);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Rest(float* source, float* target, int count, float alpha, float beta)
    {
        float* padded = stackalloc float[16];
        for (int i = 0; i < count; i++)
        {
            padded[i] = source[i];
        }
        T.Store(TFormula.Apply(T.Load(padded), T.Splat(alpha), T.Splat(beta)), padded);
        for (int i = 0; i < count; i++)
        {
            target[i] = padded[i];
        }
    }
}
