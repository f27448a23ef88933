using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Elementwise;

/// <summary>The traversals of a row by a binary function: both operands advance, or one of them stays.</summary>
internal static unsafe class BinaryLoop<TFormula, T>
    where TFormula : struct, IBinaryLaneFormula
    where T : struct, ILanes<T>
{
    /// <summary>target[i] = f(a[i], b[i]); the target may be either operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void VectorVector(float* a, float* b, float* target, int count)
    {
        int whole = count - (count % T.Count);
        for (int i = 0; i < whole; i += T.Count)
        {
            T.Store(TFormula.ApplyLanes(T.Load(a + i), T.Load(b + i)), target + i);
        }
        if (whole < count)
        {
            Rest(a + whole, 1, b + whole, 1, target + whole, count - whole);
        }
    }

    /// <summary>target[i] = f(a[i], b[0])</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void VectorScalar(float* a, float* b, float* target, int count)
    {
        T right = T.Splat(*b);
        int whole = count - (count % T.Count);
        for (int i = 0; i < whole; i += T.Count)
        {
            T.Store(TFormula.ApplyLanes(T.Load(a + i), right), target + i);
        }
        if (whole < count)
        {
            Rest(a + whole, 1, b, 0, target + whole, count - whole);
        }
    }

    /// <summary>target[i] = f(a[0], b[i])</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScalarVector(float* a, float* b, float* target, int count)
    {
        T left = T.Splat(*a);
        int whole = count - (count % T.Count);
        for (int i = 0; i < whole; i += T.Count)
        {
            T.Store(TFormula.ApplyLanes(left, T.Load(b + i)), target + i);
        }
        if (whole < count)
        {
            Rest(a, 0, b + whole, 1, target + whole, count - whole);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Rest(float* a, int stepA, float* b, int stepB, float* target, int count)
    {
        float* left = stackalloc float[16];
        float* right = stackalloc float[16];
        for (int i = 0; i < count; i++)
        {
            left[i] = a[i * stepA];
            right[i] = b[i * stepB];
        }
        T.Store(TFormula.ApplyLanes(T.Load(left), T.Load(right)), left);
        for (int i = 0; i < count; i++)
        {
            target[i] = left[i];
        }
    }
}
