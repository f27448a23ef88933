using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>
/// The step from a 32-bit sum to an 8-bit or 16-bit integer, as docs/quantization.md fixes it: r = floor((a * m + 2^30) / 2^31), the 64-bit product
/// rounded once, ties upwards; then the zero point is added and the result clamped. NEON has r as one instruction (SQRDMULH).
/// </summary>
public static class Rescaling
{
    /// <summary>The largest multiplier that may be doubled.</summary>
    private const int MostSmall = (1 << 30) - 1;

    private const long Half = 1L << 30;

    /// <summary>The multiplier for <paramref name="factor"/>: round(factor * 2^31), ties to even, at most 2^31 - 1.</summary>
    /// <param name="factor">In [0, 1].</param>
    public static int Multiplier(double factor) => (int)Math.Clamp(Math.Round(factor * (1L << 31), MidpointRounding.ToEven), 0, int.MaxValue);

    /// <summary>r for one sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Scale(int sum, int multiplier) => (int)((((long)sum * multiplier) + Half) >> 31);

    /// <summary>clamp(zero + r).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Apply(int sum, int multiplier, int zero, int low, int high) => (int)Math.Clamp((long)Scale(sum, multiplier) + zero, low, high);

    /// <summary>Whether all multipliers may be doubled, see <see cref="ScaleSmall"/>.</summary>
    internal static bool AreSmall(ReadOnlySpan<int> multipliers) => multipliers.IndexOfAnyExceptInRange(0, MostSmall) < 0;

    /// <summary>r for four sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> Scale(Vector128<int> sums, Vector128<int> multipliers)
    {
        if (AdvSimd.IsSupported)
        {
            return AdvSimd.MultiplyRoundedDoublingSaturateHigh(sums, multipliers);
        }
        if (Sse41.IsSupported)
        {
            Vector128<long> half = Vector128.Create(Half);
            Vector128<long> even = Sse41.Multiply(sums, multipliers) + half;
            Vector128<long> odd = Sse41.Multiply((sums.AsInt64() >>> 32).AsInt32(), (multipliers.AsInt64() >>> 32).AsInt32()) + half;
            return Sse41.Blend((even >>> 31).AsUInt16(), (odd << 1).AsUInt16(), 0xCC).AsInt32();
        }
        return Vector128.Create(
            Scale(sums[0], multipliers[0]), Scale(sums[1], multipliers[1]), Scale(sums[2], multipliers[2]), Scale(sums[3], multipliers[3]));
    }

    /// <summary>r for eight sums.</summary>
    /// <param name="multipliers">Not negative.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> Scale(Vector256<int> sums, Vector256<int> multipliers) => Scale(sums, multipliers, Odd(multipliers));

    /// <summary>The multipliers of odd lanes, where even ones are multiplied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> Odd(Vector256<int> multipliers) => Avx2.ShiftRightLogical(multipliers.AsInt64(), 32).AsInt32();

    /// <summary>r for eight sums.</summary>
    /// <param name="multipliers">Not negative.</param>
    /// <param name="oddMultipliers">Those of odd lanes (<see cref="Odd(Vector256{int})"/>): worked out once.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> Scale(Vector256<int> sums, Vector256<int> multipliers, Vector256<int> oddMultipliers)
    {
        // The 64-bit shift has to be arithmetic only in bits that are dropped.
        Vector256<long> half = Vector256.Create(Half);
        Vector256<long> even = Avx2.Add(Avx2.Multiply(sums, multipliers), half);
        Vector256<long> odd = Avx2.Add(Avx2.Multiply(Avx2.ShiftRightLogical(sums.AsInt64(), 32).AsInt32(), oddMultipliers), half);
        return Avx2.Blend(Avx2.ShiftRightLogical(even, 31).AsInt32(), Avx2.ShiftLeftLogical(odd, 1).AsInt32(), 0xAA);
    }

    /// <summary>
    /// r for eight sums, those of four in the order 0, 2, 1, 3: with twice the multipliers r are the upper halves of the products, which one shuffle gathers.
    /// </summary>
    /// <param name="doubled">Twice the multipliers, which <see cref="AreSmall"/>.</param>
    /// <param name="oddDoubled">Those of odd lanes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> ScaleSmall(Vector256<int> sums, Vector256<int> doubled, Vector256<int> oddDoubled)
    {
        Vector256<long> half = Vector256.Create(2 * Half);
        Vector256<float> even = Avx2.Add(Avx2.Multiply(sums, doubled), half).AsSingle();
        Vector256<float> odd = Avx2.Add(Avx2.Multiply(Avx2.ShiftRightLogical(sums.AsInt64(), 32).AsInt32(), oddDoubled), half).AsSingle();
        return Avx.Shuffle(even, odd, 0b11_01_11_01).AsInt32();
    }

    /// <summary>The multipliers of odd lanes, where even ones are multiplied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> Odd(Vector512<int> multipliers) => Avx512F.ShiftRightLogical(multipliers.AsInt64(), 32).AsInt32();

    /// <summary>r for 16 sums.</summary>
    /// <param name="multipliers">Not negative.</param>
    /// <param name="oddMultipliers">Those of odd lanes (<see cref="Odd(Vector512{int})"/>): worked out once.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> Scale(Vector512<int> sums, Vector512<int> multipliers, Vector512<int> oddMultipliers)
    {
        Vector512<long> half = Vector512.Create(Half);
        Vector512<long> even = Avx512F.Add(Avx512F.Multiply(sums, multipliers), half);
        Vector512<long> odd = Avx512F.Add(Avx512F.Multiply(Avx512F.ShiftRightLogical(sums.AsInt64(), 32).AsInt32(), oddMultipliers), half);
        Vector512<int> upper = Vector512.Create(unchecked((long)0xFFFFFFFF_00000000)).AsInt32();
        return Vector512.ConditionalSelect(upper, Avx512F.ShiftLeftLogical(odd, 1).AsInt32(), Avx512F.ShiftRightLogical(even, 31).AsInt32());
    }
}
