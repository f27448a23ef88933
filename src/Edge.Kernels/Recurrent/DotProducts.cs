using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Recurrent;

/// <summary>The product of two vectors: where recurrent layers spend their time.</summary>
internal unsafe interface IDotProduct<T> where T : unmanaged
{
    static abstract double Dot(T* a, T* b, int count);
}

/// <summary>One product after another, summed in double.</summary>
internal readonly unsafe struct DoubleDot<T> : IDotProduct<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static double Dot(T* a, T* b, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += double.CreateTruncating(a[i]) * double.CreateTruncating(b[i]);
        }
        return sum;
    }
}

/// <summary>Two accumulators of lanes.</summary>
internal readonly unsafe struct LaneDot<TLanes> : IDotProduct<float>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(float* a, float* b, int count)
    {
        TLanes even = TLanes.Splat(0);
        TLanes odd = TLanes.Splat(0);
        int i = 0;
        for (; i + (2 * TLanes.Count) <= count; i += 2 * TLanes.Count)
        {
            even = TLanes.MultiplyAdd(TLanes.Load(a + i), TLanes.Load(b + i), even);
            odd = TLanes.MultiplyAdd(TLanes.Load(a + i + TLanes.Count), TLanes.Load(b + i + TLanes.Count), odd);
        }
        float sum = TLanes.Sum(TLanes.Add(even, odd));
        for (; i < count; i++)
        {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
