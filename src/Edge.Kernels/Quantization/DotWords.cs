using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Rescaled to 16 bits: y = clamp(floor((a * m + 2^30) / 2^31), low, high). Such values have no zero point.
/// </summary>
internal readonly unsafe struct DotWords : IDotEnd
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> first, Vector256<int> second, in DotFinish finish, int pixel)
    {
        first = Rescaling.Scale(first, Vector256.Load(finish.Multipliers));
        second = Rescaling.Scale(second, Vector256.Load(finish.Multipliers + 8));
        // Packing works within halves: the permutation brings channels 0 to 15 in order.
        Vector256<short> words = Avx2.Permute4x64(Avx2.PackSignedSaturate(first, second).AsInt64(), 0b11_01_10_00).AsInt16();
        words = Avx2.Min(Avx2.Max(words, Vector256.Create((short)finish.Low)), Vector256.Create((short)finish.High));
        var y = (short*)(finish.Y + (pixel * finish.PixelStride));
        if (finish.Channels == 16)
        {
            words.Store(y);
        }
        else
        {
            // A copy: a vector whose address is taken would stay in memory.
            Vector256<short> rest = words;
            DotStore.Partial((short*)&rest, y, finish.Channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> s0, Vector128<int> s1, Vector128<int> s2, Vector128<int> s3, in DotFinish finish, int pixel)
    {
        s0 = AdvSimd.MultiplyRoundedDoublingSaturateHigh(s0, Vector128.Load(finish.Multipliers));
        s1 = AdvSimd.MultiplyRoundedDoublingSaturateHigh(s1, Vector128.Load(finish.Multipliers + 4));
        s2 = AdvSimd.MultiplyRoundedDoublingSaturateHigh(s2, Vector128.Load(finish.Multipliers + 8));
        s3 = AdvSimd.MultiplyRoundedDoublingSaturateHigh(s3, Vector128.Load(finish.Multipliers + 12));
        Vector128<short> low = Vector128.Create((short)finish.Low), high = Vector128.Create((short)finish.High);
        Vector128<short> first = AdvSimd.ExtractNarrowingSaturateUpper(AdvSimd.ExtractNarrowingSaturateLower(s0), s1);
        Vector128<short> second = AdvSimd.ExtractNarrowingSaturateUpper(AdvSimd.ExtractNarrowingSaturateLower(s2), s3);
        first = AdvSimd.Min(AdvSimd.Max(first, low), high);
        second = AdvSimd.Min(AdvSimd.Max(second, low), high);
        var y = (short*)(finish.Y + (pixel * finish.PixelStride));
        if (finish.Channels == 16)
        {
            first.Store(y);
            second.Store(y + 8);
        }
        else
        {
            // Not both as one vector of 256 bits, which is a call: the tile's sums would go through memory in its loop.
            Vector128<short> rest = first;
            int stored = 0;
            if (finish.Channels >= 8)
            {
                first.Store(y);
                rest = second;
                stored = 8;
            }
            DotStore.Partial((short*)&rest, y + stored, finish.Channels - stored);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int pixels, int vectors, int* sums, in DotFinish finish)
    {
        if (vectors == 1)
        {
            StoreOne(pixels, sums, finish);
        }
        else
        {
            StoreTwo(pixels, sums, finish);
        }
    }

    /// <param name="sums">(pixels, 16)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreOne(int pixels, int* sums, in DotFinish finish)
    {
        Vector256<int> m0 = Vector256.Load(finish.Multipliers), m1 = Vector256.Load(finish.Multipliers + 8), odd0 = Rescaling.Odd(m0), odd1 = Rescaling.Odd(m1);
        Vector256<short> low = Vector256.Create((short)finish.Low), high = Vector256.Create((short)finish.High);
        byte* y = finish.Y;
        for (int i = 0; i < pixels; i++, sums += VnniCode.Lanes, y += finish.PixelStride)
        {
            Vector256<short> words = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums), m0, odd0), Rescaling.Scale(Vector256.Load(sums + 8), m1, odd1));
            words = Avx2.Min(Avx2.Max(Avx2.Permute4x64(words.AsInt64(), 0b11_01_10_00).AsInt16(), low), high);
            if (finish.Channels == VnniCode.Lanes)
            {
                words.Store((short*)y);
            }
            else
            {
                // A copy: a vector whose address is taken would stay in memory.
                Vector256<short> rest = words;
                DotStore.Partial((short*)&rest, (short*)y, finish.Channels);
            }
        }
    }

    /// <param name="sums">(pixels, 32), in the order of <see cref="DotTileVnni512.LaneOf"/></param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreTwo(int pixels, int* sums, in DotFinish finish)
    {
        int* m = finish.Multipliers;
        Vector256<int> m0 = Vector256.Load(m), m1 = Vector256.Load(m + 8), m2 = Vector256.Load(m + 16), m3 = Vector256.Load(m + 24);
        Vector256<short> low = Vector256.Create((short)finish.Low), high = Vector256.Create((short)finish.High);
        byte* y = finish.Y;
        for (int i = 0; i < pixels; i++, sums += 2 * VnniCode.Lanes, y += finish.PixelStride)
        {
            Vector256<short> a = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums), m0), Rescaling.Scale(Vector256.Load(sums + 16), m2));
            Vector256<short> b = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums + 8), m1), Rescaling.Scale(Vector256.Load(sums + 24), m3));
            a = Avx2.Min(Avx2.Max(a, low), high);
            b = Avx2.Min(Avx2.Max(b, low), high);
            if (finish.Channels == 2 * VnniCode.Lanes)
            {
                a.Store((short*)y);
                b.Store((short*)y + VnniCode.Lanes);
            }
            else
            {
                // A copy: a vector whose address is taken would stay in memory.
                Vector512<short> rest = Vector512.Create(a, b);
                DotStore.Partial((short*)&rest, (short*)y, finish.Channels);
            }
        }
    }
}
