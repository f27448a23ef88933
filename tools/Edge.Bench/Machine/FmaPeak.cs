using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Threading;

namespace Edge.Bench.Machine;

/// <summary>
/// The most float32 operations per second that the processor gives: fused multiply-adds on registers, 12 chains that do not
/// wait for each other (two units with a latency of 4 or 5 cycles need 8 to 10), in the widest vectors that it has.
/// </summary>
public static unsafe class FmaPeak
{
    private const int Chains = 12;
    private const int Steps = 1 << 18;

    /// <summary>Float32 lanes of the vectors that are used.</summary>
    public static int Lanes => Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;

    /// <summary>10^9 operations per second of all threads of <paramref name="pool"/>: the best of many bursts of half a millisecond.</summary>
    public static double Gflops(WorkerPool pool) => 2.0 * Chains * Steps * Lanes * pool.Threads / Bursts.Best(pool, pool, &Burst) / 1e9;

    private static void Burst(object owner, void* state, int index)
    {
        // The values converge to 2 and never overflow or become denormal.
        float sum = Vector512.IsHardwareAccelerated ? Chain512(0.5f, 1f) : Vector256.IsHardwareAccelerated ? Chain256(0.5f, 1f) : Chain128(0.5f, 1f);
        if (float.IsNaN(sum))
        {
            throw new InvalidOperationException("the sum of the peak measurement is not a number");
        }
    }

    // Three times the same loop: accumulators stay in registers only as named locals, and the vector types share no interface.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Chain512(float factor, float term)
    {
        Vector512<float> a = Vector512.Create(factor), b = Vector512.Create(term);
        Vector512<float> c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b, c6 = b, c7 = b, c8 = b, c9 = b, c10 = b, c11 = b;
        for (int i = 0; i < Steps; i++)
        {
            c0 = Vector512.FusedMultiplyAdd(c0, a, b);
            c1 = Vector512.FusedMultiplyAdd(c1, a, b);
            c2 = Vector512.FusedMultiplyAdd(c2, a, b);
            c3 = Vector512.FusedMultiplyAdd(c3, a, b);
            c4 = Vector512.FusedMultiplyAdd(c4, a, b);
            c5 = Vector512.FusedMultiplyAdd(c5, a, b);
            c6 = Vector512.FusedMultiplyAdd(c6, a, b);
            c7 = Vector512.FusedMultiplyAdd(c7, a, b);
            c8 = Vector512.FusedMultiplyAdd(c8, a, b);
            c9 = Vector512.FusedMultiplyAdd(c9, a, b);
            c10 = Vector512.FusedMultiplyAdd(c10, a, b);
            c11 = Vector512.FusedMultiplyAdd(c11, a, b);
        }
        return Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Chain256(float factor, float term)
    {
        Vector256<float> a = Vector256.Create(factor), b = Vector256.Create(term);
        Vector256<float> c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b, c6 = b, c7 = b, c8 = b, c9 = b, c10 = b, c11 = b;
        for (int i = 0; i < Steps; i++)
        {
            c0 = Vector256.FusedMultiplyAdd(c0, a, b);
            c1 = Vector256.FusedMultiplyAdd(c1, a, b);
            c2 = Vector256.FusedMultiplyAdd(c2, a, b);
            c3 = Vector256.FusedMultiplyAdd(c3, a, b);
            c4 = Vector256.FusedMultiplyAdd(c4, a, b);
            c5 = Vector256.FusedMultiplyAdd(c5, a, b);
            c6 = Vector256.FusedMultiplyAdd(c6, a, b);
            c7 = Vector256.FusedMultiplyAdd(c7, a, b);
            c8 = Vector256.FusedMultiplyAdd(c8, a, b);
            c9 = Vector256.FusedMultiplyAdd(c9, a, b);
            c10 = Vector256.FusedMultiplyAdd(c10, a, b);
            c11 = Vector256.FusedMultiplyAdd(c11, a, b);
        }
        return Vector256.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Chain128(float factor, float term)
    {
        Vector128<float> a = Vector128.Create(factor), b = Vector128.Create(term);
        Vector128<float> c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b, c6 = b, c7 = b, c8 = b, c9 = b, c10 = b, c11 = b;
        for (int i = 0; i < Steps; i++)
        {
            // Without a fused instruction (x64 before AVX2) this is a multiplication and an addition.
            c0 = Vector128.MultiplyAddEstimate(c0, a, b);
            c1 = Vector128.MultiplyAddEstimate(c1, a, b);
            c2 = Vector128.MultiplyAddEstimate(c2, a, b);
            c3 = Vector128.MultiplyAddEstimate(c3, a, b);
            c4 = Vector128.MultiplyAddEstimate(c4, a, b);
            c5 = Vector128.MultiplyAddEstimate(c5, a, b);
            c6 = Vector128.MultiplyAddEstimate(c6, a, b);
            c7 = Vector128.MultiplyAddEstimate(c7, a, b);
            c8 = Vector128.MultiplyAddEstimate(c8, a, b);
            c9 = Vector128.MultiplyAddEstimate(c9, a, b);
            c10 = Vector128.MultiplyAddEstimate(c10, a, b);
            c11 = Vector128.MultiplyAddEstimate(c11, a, b);
        }
        return Vector128.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }
}
