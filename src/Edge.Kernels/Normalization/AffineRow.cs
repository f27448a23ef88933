using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Normalization;

/// <summary>The passes over one contiguous row that float32 normalizations are made of. Target and source may be the same.</summary>
internal static unsafe class AffineRow<T> where T : struct, ILanes<T>
{
    /// <summary>target[i] = (source[i] - offset) * factor + bias</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(float* source, float* target, int count, float offset, float factor, float bias)
    {
        T offsets = T.Splat(offset);
        T factors = T.Splat(factor);
        T biases = T.Splat(bias);
        int i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T.Store(T.MultiplyAdd(T.Subtract(T.Load(source + i), offsets), factors, biases), target + i);
        }
        for (; i < count; i++)
        {
            target[i] = ((source[i] - offset) * factor) + bias;
        }
    }

    /// <summary>target[i] = (source[i] - offset) * factor * scales[i] + biases[i]; biases may be null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ApplyEach(float* source, float* target, int count, float offset, float factor, float* scales, float* biases)
    {
        T offsets = T.Splat(offset);
        T factors = T.Splat(factor);
        T none = T.Splat(0f);
        int i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T x = T.Multiply(T.Subtract(T.Load(source + i), offsets), factors);
            T.Store(T.MultiplyAdd(x, T.Load(scales + i), biases is null ? none : T.Load(biases + i)), target + i);
        }
        for (; i < count; i++)
        {
            target[i] = ((source[i] - offset) * factor * scales[i]) + (biases is null ? 0 : biases[i]);
        }
    }

    /// <summary>target[i] = (source[i] - offsets[i]) * factors[i] + biases[i]</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ApplyVectors(float* source, float* target, int count, float* offsets, float* factors, float* biases)
    {
        int i = 0;
        for (; i <= count - T.Count; i += T.Count)
        {
            T.Store(T.MultiplyAdd(T.Subtract(T.Load(source + i), T.Load(offsets + i)), T.Load(factors + i), T.Load(biases + i)), target + i);
        }
        for (; i < count; i++)
        {
            target[i] = ((source[i] - offsets[i]) * factors[i]) + biases[i];
        }
    }

    /// <summary>Sum of source[i]</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Sum(float* source, int count)
    {
        T a = T.Splat(0f);
        T b = T.Splat(0f);
        int i = 0;
        for (; i <= count - (2 * T.Count); i += 2 * T.Count)
        {
            a = T.Add(a, T.Load(source + i));
            b = T.Add(b, T.Load(source + i + T.Count));
        }
        float sum = T.Sum(T.Add(a, b));
        for (; i < count; i++)
        {
            sum += source[i];
        }
        return sum;
    }

    /// <summary>Sum of (source[i] - offset)^2</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float SumOfSquares(float* source, int count, float offset)
    {
        T offsets = T.Splat(offset);
        T a = T.Splat(0f);
        T b = T.Splat(0f);
        int i = 0;
        for (; i <= count - (2 * T.Count); i += 2 * T.Count)
        {
            T x = T.Subtract(T.Load(source + i), offsets);
            T y = T.Subtract(T.Load(source + i + T.Count), offsets);
            a = T.MultiplyAdd(x, x, a);
            b = T.MultiplyAdd(y, y, b);
        }
        float sum = T.Sum(T.Add(a, b));
        for (; i < count; i++)
        {
            sum += (source[i] - offset) * (source[i] - offset);
        }
        return sum;
    }
}
