using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Rescaled to 8 bits: y = clamp(zero + floor((a * m + 2^30) / 2^31), low, high), as docs/quantization.md fixes it.
/// </summary>
internal readonly unsafe struct DotBytes : IDotEnd
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> first, Vector256<int> second, in DotFinish finish, int pixel)
    {
        first = Rescaling.Scale(first, Vector256.Load(finish.Multipliers));
        second = Rescaling.Scale(second, Vector256.Load(finish.Multipliers + 8));
        // Packing works within halves: the permutation brings channels 0 to 15 in order.
        Vector256<short> both = Avx2.Permute4x64(Avx2.PackSignedSaturate(first, second).AsInt64(), 0b11_01_10_00).AsInt16();
        both = Avx2.AddSaturate(both, Vector256.Create((short)finish.Zero));
        Vector128<sbyte> bytes = Sse2.PackSignedSaturate(both.GetLower(), both.GetUpper());
        bytes = Sse41.Min(Sse41.Max(bytes, Vector128.Create((sbyte)finish.Low)), Vector128.Create((sbyte)finish.High));
        sbyte* y = (sbyte*)(finish.Y + (pixel * finish.PixelStride));
        if (finish.Channels == 16)
        {
            bytes.Store(y);
        }
        else
        {
            // A copy: a vector whose address is taken would stay in memory.
            Vector128<sbyte> rest = bytes;
            DotStore.Partial((sbyte*)&rest, y, finish.Channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<int> s0, Vector128<int> s1, Vector128<int> s2, Vector128<int> s3, in DotFinish finish, int pixel)
    {
        Vector128<sbyte> bytes = Narrow(
            AdvSimd.MultiplyRoundedDoublingSaturateHigh(s0, Vector128.Load(finish.Multipliers)),
            AdvSimd.MultiplyRoundedDoublingSaturateHigh(s1, Vector128.Load(finish.Multipliers + 4)),
            AdvSimd.MultiplyRoundedDoublingSaturateHigh(s2, Vector128.Load(finish.Multipliers + 8)),
            AdvSimd.MultiplyRoundedDoublingSaturateHigh(s3, Vector128.Load(finish.Multipliers + 12)),
            finish.Zero);
        bytes = AdvSimd.Min(AdvSimd.Max(bytes, Vector128.Create((sbyte)finish.Low)), Vector128.Create((sbyte)finish.High));
        sbyte* y = (sbyte*)(finish.Y + (pixel * finish.PixelStride));
        if (finish.Channels == 16)
        {
            bytes.Store(y);
        }
        else
        {
            // A copy: a vector whose address is taken would stay in memory.
            Vector128<sbyte> rest = bytes;
            DotStore.Partial((sbyte*)&rest, y, finish.Channels);
        }
    }

    /// <summary>The zero point is added between two saturations, in 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> Narrow(Vector128<int> s0, Vector128<int> s1, Vector128<int> s2, Vector128<int> s3, int zero)
    {
        Vector128<short> zeros = Vector128.Create((short)zero);
        Vector128<short> low = AdvSimd.AddSaturate(AdvSimd.ExtractNarrowingSaturateUpper(AdvSimd.ExtractNarrowingSaturateLower(s0), s1), zeros);
        Vector128<short> high = AdvSimd.AddSaturate(AdvSimd.ExtractNarrowingSaturateUpper(AdvSimd.ExtractNarrowingSaturateLower(s2), s3), zeros);
        return AdvSimd.ExtractNarrowingSaturateUpper(AdvSimd.ExtractNarrowingSaturateLower(low), high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(int pixels, int vectors, int* sums, in DotFinish finish)
    {
        switch (vectors)
        {
            case 1 when Avx512BW.IsSupported:
                StoreOne(pixels, sums, finish);
                break;
            case 1 when AdvSimd.IsSupported:
                StoreOne128(pixels, sums, finish);
                break;
            case 1 when finish.AreSmall:
                StorePairs256(pixels, sums, finish);
                break;
            case 1:
                StoreOne256(pixels, sums, finish);
                break;
            case 2 when Avx512BW.IsSupported:
                StoreTwo(pixels, sums, finish);
                break;
            default:
                StoreTwo256(pixels, sums, finish);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreOne128(int pixels, int* sums, in DotFinish finish)
    {
        for (int i = 0; i < pixels; i++, sums += VnniCode.Lanes)
        {
            Store(Vector128.Load(sums), Vector128.Load(sums + 4), Vector128.Load(sums + 8), Vector128.Load(sums + 12), finish, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreOne256(int pixels, int* sums, in DotFinish finish)
    {
        Vector256<int> m0 = Vector256.Load(finish.Multipliers), m1 = Vector256.Load(finish.Multipliers + 8), odd0 = Rescaling.Odd(m0), odd1 = Rescaling.Odd(m1);
        Vector256<short> zero = Vector256.Create((short)finish.Zero);
        Vector128<sbyte> low = Vector128.Create((sbyte)finish.Low), high = Vector128.Create((sbyte)finish.High);
        sbyte* y = (sbyte*)finish.Y;
        long stride = finish.PixelStride;
        int channels = finish.Channels;
        for (int i = 0; i < pixels; i++, sums += VnniCode.Lanes, y += stride)
        {
            Vector256<short> both = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums), m0, odd0), Rescaling.Scale(Vector256.Load(sums + 8), m1, odd1));
            both = Avx2.Permute4x64(Avx2.AddSaturate(both, zero).AsInt64(), 0b11_01_10_00).AsInt16();
            Vector128<sbyte> bytes = Sse41.Min(Sse41.Max(Sse2.PackSignedSaturate(both.GetLower(), both.GetUpper()), low), high);
            if (channels == VnniCode.Lanes)
            {
                bytes.Store(y);
            }
            else
            {
                // A copy: a vector whose address is taken would stay in memory.
                Vector128<sbyte> rest = bytes;
                DotStore.Partial((sbyte*)&rest, y, channels);
            }
        }
    }

    /// <summary>Two pixels at a time, with small multipliers.</summary>
    /// <param name="sums">(pixels, 16); of an odd number of pixels, those of one more are read.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void StorePairs256(int pixels, int* sums, in DotFinish finish)
    {
        Vector256<int> m0 = Vector256.Load(finish.Multipliers) << 1, m1 = Vector256.Load(finish.Multipliers + 8) << 1, odd0 = Rescaling.Odd(m0), odd1 = Rescaling.Odd(m1);
        Vector256<short> zero = Vector256.Create((short)finish.Zero);
        Vector256<sbyte> low = Vector256.Create((sbyte)finish.Low), high = Vector256.Create((sbyte)finish.High);
        // Back from the order 0, 2, 1, 3; then the fours of both pixels, which packing leaves as first, second, first, second of each half.
        Vector256<sbyte> fours = Vector256.Create(Vector128.Create((sbyte)0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15));
        Vector256<int> order = Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7);
        sbyte* y = (sbyte*)finish.Y;
        long stride = finish.PixelStride;
        for (; pixels > 0; pixels -= 2, sums += 2 * VnniCode.Lanes, y += 2 * stride)
        {
            Vector256<short> a = Avx2.PackSignedSaturate(Rescaling.ScaleSmall(Vector256.Load(sums), m0, odd0), Rescaling.ScaleSmall(Vector256.Load(sums + 8), m1, odd1));
            Vector256<short> b = Avx2.PackSignedSaturate(Rescaling.ScaleSmall(Vector256.Load(sums + 16), m0, odd0), Rescaling.ScaleSmall(Vector256.Load(sums + 24), m1, odd1));
            Vector256<sbyte> both = Avx2.Shuffle(Avx2.PackSignedSaturate(Avx2.AddSaturate(a, zero), Avx2.AddSaturate(b, zero)), fours);
            both = Avx2.Min(Avx2.Max(Avx2.PermuteVar8x32(both.AsInt32(), order).AsSByte(), low), high);
            if (finish.Channels == VnniCode.Lanes)
            {
                both.GetLower().Store(y);
                if (pixels > 1)
                {
                    both.GetUpper().Store(y + stride);
                }
            }
            else
            {
                // A copy: a vector whose address is taken would stay in memory.
                Vector256<sbyte> rest = both;
                DotStore.Partial((sbyte*)&rest, y, finish.Channels);
                DotStore.Partial((sbyte*)&rest + VnniCode.Lanes, y + stride, pixels > 1 ? finish.Channels : 0);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreTwo256(int pixels, int* sums, in DotFinish finish)
    {
        int* m = finish.Multipliers;
        Vector256<int> m0 = Vector256.Load(m), m1 = Vector256.Load(m + 8), m2 = Vector256.Load(m + 16), m3 = Vector256.Load(m + 24);
        Vector256<short> zero = Vector256.Create((short)finish.Zero);
        Vector256<sbyte> low = Vector256.Create((sbyte)finish.Low), high = Vector256.Create((sbyte)finish.High);
        sbyte* y = (sbyte*)finish.Y;
        for (int i = 0; i < pixels; i++, sums += 2 * VnniCode.Lanes)
        {
            Vector256<short> a = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums), m0), Rescaling.Scale(Vector256.Load(sums + 16), m2));
            Vector256<short> b = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums + 8), m1), Rescaling.Scale(Vector256.Load(sums + 24), m3));
            Vector256<long> packed = Avx2.PackSignedSaturate(Avx2.AddSaturate(a, zero), Avx2.AddSaturate(b, zero)).AsInt64();
            Vector256<sbyte> bytes = Avx2.Min(Avx2.Max(Avx2.Permute4x64(packed, 0b11_01_10_00).AsSByte(), low), high);
            if (finish.Channels == 2 * VnniCode.Lanes)
            {
                bytes.Store(y);
            }
            else
            {
                // A copy: a vector whose address is taken would stay in memory.
                Vector256<sbyte> rest = bytes;
                DotStore.Partial((sbyte*)&rest, y, finish.Channels);
            }
            y += finish.PixelStride;
        }
    }

    /// <param name="sums">(pixels, 16)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreOne(int pixels, int* sums, in DotFinish finish)
    {
        Vector512<int> m = Vector512.Load(finish.Multipliers), odd = Rescaling.Odd(m), zero = Vector512.Create(finish.Zero);
        Vector512<int> low = Vector512.Create(finish.Low - finish.Zero), high = Vector512.Create(finish.High - finish.Zero);
        Vector128<sbyte> exist = Vector128.LessThan(Vector128<sbyte>.Indices, Vector128.Create((sbyte)finish.Channels));
        sbyte* y = (sbyte*)finish.Y;
        for (int i = 0; i < pixels; i++)
        {
            // Clamped before the zero point is added, so that nothing overflows.
            Vector512<int> clamped = Avx512F.Min(Avx512F.Max(Rescaling.Scale(Vector512.Load(sums), m, odd), low), high);
            Avx512BW.VL.MaskStore(y, exist, Avx512F.ConvertToVector128SByte(Avx512F.Add(clamped, zero)));
            sums += 16;
            y += finish.PixelStride;
        }
    }

    /// <param name="sums">(pixels, 32), in the order of <see cref="DotTileVnni512.LaneOf"/></param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreTwo(int pixels, int* sums, in DotFinish finish)
    {
        Vector512<int> m0 = Vector512.Load(finish.Multipliers), m1 = Vector512.Load(finish.Multipliers + 16), odd0 = Rescaling.Odd(m0), odd1 = Rescaling.Odd(m1);
        Vector512<short> zero = Vector512.Create((short)finish.Zero);
        Vector256<sbyte> low = Vector256.Create((sbyte)finish.Low), high = Vector256.Create((sbyte)finish.High);
        Vector256<sbyte> exist = Vector256.LessThan(Vector256<sbyte>.Indices, Vector256.Create((sbyte)finish.Channels));
        sbyte* y = (sbyte*)finish.Y;
        for (int i = 0; i < pixels; i++)
        {
            Vector512<short> both = Avx512BW.PackSignedSaturate(Rescaling.Scale(Vector512.Load(sums), m0, odd0), Rescaling.Scale(Vector512.Load(sums + 16), m1, odd1));
            Vector256<sbyte> bytes = Avx512BW.ConvertToVector256SByteWithSaturation(Avx512BW.AddSaturate(both, zero));
            bytes = Avx2.Min(Avx2.Max(bytes, low), high);
            if (finish.Channels == 32)
            {
                bytes.Store(y);
            }
            else
            {
                Avx512BW.VL.MaskStore(y, exist, bytes);
            }
            sums += 32;
            y += finish.PixelStride;
        }
    }
}
