using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>AVX-512 VNNI: up to 64 channels, four taps at a time (<see cref="VnniDepthwiseCode"/>); 128 is added to the inputs.</summary>
internal readonly unsafe struct DepthwiseVnni512 : IDepthwiseStep
{
    /// <summary>Pixels whose sums wait to be rescaled: 4 KiB.</summary>
    private const int MostPixels = 16;

    public static int MostLanes => 64;

    public static int UnitTaps => VnniDepthwiseCode.Taps;

    public static int UnitBytes => VnniDepthwiseCode.Taps;

    public static int InputOffset => 128;

    public static void PackUnit(sbyte* taps, int lanes, byte* target)
    {
        for (int i = 0; i < lanes; i++)
        {
            for (int tap = 0; tap < UnitTaps; tap++)
            {
                ((sbyte*)target)[(i * UnitTaps) + tap] = taps[(tap * lanes) + Channel(i, lanes)];
            }
        }
    }

    public static void PackLanes(int* source, int lanes, int* target)
    {
        for (int i = 0; i < lanes; i++)
        {
            target[i] = source[Channel(i, lanes)];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Row(sbyte* x, int* offsets, int units, byte* w, long step, int count, int lanes, in DotFinish finish)
    {
        int* sums = stackalloc int[MostPixels * MostLanes];
        delegate* unmanaged[SuppressGCTransition]<VnniDepthwiseCall*, void> program = VnniDepthwiseCode.Program(lanes);
        var call = new VnniDepthwiseCall { X = x, Offsets = offsets, Units = units, W = w, Bias = finish.Bias, Sums = sums, Step = step };
        DotFinish part = finish;
        for (; count > 0; count -= MostPixels)
        {
            int pixels = Math.Min(count, MostPixels);
            call.Pixels = pixels;
            program(&call);
            switch (lanes)
            {
                case 64 when Avx512BW.IsSupported:
                    Store64(pixels, sums, part);
                    break;
                case 16:
                    Store16(pixels, sums, part);
                    break;
                default:
                    for (int first = 0; first < lanes; first += 32)
                    {
                        Store32(pixels, sums, lanes, first, part);
                    }
                    break;
            }
            call.X += pixels * step;
            part.Y += pixels * part.PixelStride;
        }
    }

    /// <summary>The channel whose sum is number <paramref name="lane"/> in the four vectors; packing the vectors restores the order.</summary>
    private static int Channel(int lane, int lanes)
    {
        int vector = lane / (lanes / 4);
        int within = lane % (lanes / 4);
        return (within / 4 * 16) + (vector * 4) + (within % 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Store64(int pixels, int* sums, in DotFinish finish)
    {
        Vector512<int> m0 = Vector512.Load(finish.Multipliers), m1 = Vector512.Load(finish.Multipliers + 16);
        Vector512<int> m2 = Vector512.Load(finish.Multipliers + 32), m3 = Vector512.Load(finish.Multipliers + 48);
        Vector512<int> odd0 = Rescaling.Odd(m0), odd1 = Rescaling.Odd(m1), odd2 = Rescaling.Odd(m2), odd3 = Rescaling.Odd(m3);
        Vector512<short> zero = Vector512.Create((short)finish.Zero);
        Vector512<sbyte> low = Vector512.Create((sbyte)finish.Low), high = Vector512.Create((sbyte)finish.High);
        sbyte* y = (sbyte*)finish.Y;
        for (int i = 0; i < pixels; i++)
        {
            Vector512<short> a = Avx512BW.PackSignedSaturate(Rescaling.Scale(Vector512.Load(sums), m0, odd0), Rescaling.Scale(Vector512.Load(sums + 16), m1, odd1));
            Vector512<short> b = Avx512BW.PackSignedSaturate(Rescaling.Scale(Vector512.Load(sums + 32), m2, odd2), Rescaling.Scale(Vector512.Load(sums + 48), m3, odd3));
            Vector512<sbyte> bytes = Avx512BW.PackSignedSaturate(Avx512BW.AddSaturate(a, zero), Avx512BW.AddSaturate(b, zero));
            Avx512BW.Min(Avx512BW.Max(bytes, low), high).Store(y);
            sums += 64;
            y += finish.PixelStride;
        }
    }

    /// <summary>32 of 32 or 64 channels.</summary>
    /// <param name="first">First channel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Store32(int pixels, int* sums, int lanes, int first, in DotFinish finish)
    {
        // Of each of the four vectors the lanes of two parts of 16 channels.
        int vector = lanes / 4;
        int* m = finish.Multipliers + (first / 4);
        Vector256<int> m0 = Vector256.Load(m), m1 = Vector256.Load(m + vector), m2 = Vector256.Load(m + (2 * vector)), m3 = Vector256.Load(m + (3 * vector));
        Vector256<short> zero = Vector256.Create((short)finish.Zero);
        Vector256<sbyte> low = Vector256.Create((sbyte)finish.Low), high = Vector256.Create((sbyte)finish.High);
        sbyte* y = (sbyte*)finish.Y + first;
        sums += first / 4;
        for (int i = 0; i < pixels; i++)
        {
            Vector256<short> a = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums), m0), Rescaling.Scale(Vector256.Load(sums + vector), m1));
            Vector256<short> b = Avx2.PackSignedSaturate(Rescaling.Scale(Vector256.Load(sums + (2 * vector)), m2), Rescaling.Scale(Vector256.Load(sums + (3 * vector)), m3));
            Vector256<sbyte> bytes = Avx2.PackSignedSaturate(Avx2.AddSaturate(a, zero), Avx2.AddSaturate(b, zero));
            Avx2.Min(Avx2.Max(bytes, low), high).Store(y);
            sums += lanes;
            y += finish.PixelStride;
        }
    }

    /// <summary>The only block that may have channels that do not exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Store16(int pixels, int* sums, in DotFinish finish)
    {
        Vector128<int> m0 = Vector128.Load(finish.Multipliers), m1 = Vector128.Load(finish.Multipliers + 4);
        Vector128<int> m2 = Vector128.Load(finish.Multipliers + 8), m3 = Vector128.Load(finish.Multipliers + 12);
        Vector128<short> zero = Vector128.Create((short)finish.Zero);
        Vector128<sbyte> low = Vector128.Create((sbyte)finish.Low), high = Vector128.Create((sbyte)finish.High);
        sbyte* y = (sbyte*)finish.Y;
        for (int i = 0; i < pixels; i++)
        {
            Vector128<short> a = Sse2.PackSignedSaturate(Rescaling.Scale(Vector128.Load(sums), m0), Rescaling.Scale(Vector128.Load(sums + 4), m1));
            Vector128<short> b = Sse2.PackSignedSaturate(Rescaling.Scale(Vector128.Load(sums + 8), m2), Rescaling.Scale(Vector128.Load(sums + 12), m3));
            Vector128<sbyte> bytes = Sse2.PackSignedSaturate(Sse2.AddSaturate(a, zero), Sse2.AddSaturate(b, zero));
            bytes = Sse41.Min(Sse41.Max(bytes, low), high);
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
            sums += 16;
            y += finish.PixelStride;
        }
    }
}
