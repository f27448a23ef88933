using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>Pairs of taps are interleaved as 16-bit integers and multiplied by vpmaddwd.</summary>
internal readonly unsafe struct DepthwiseAvx2 : IDepthwiseStep
{
    public static int UnitBytes => 4;

    public static void PackUnit(sbyte* taps, int lanes, byte* target)
    {
        var words = (short*)target;
        for (int i = 0; i < 16; i++)
        {
            int channel = Channel(i);
            words[2 * i] = taps[channel];
            words[(2 * i) + 1] = taps[lanes + channel];
        }
    }

    public static void PackLanes(int* source, int lanes, int* target)
    {
        for (int i = 0; i < 16; i++)
        {
            target[i] = source[Channel(i)];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, int* offsets, int units, byte* w, long step, int count, int lanes, in DotFinish finish)
    {
        Vector256<int> b0 = Vector256.Load(finish.Bias), b1 = Vector256.Load(finish.Bias + 8);
        Vector256<int> m0 = Vector256.Load(finish.Multipliers), m1 = Vector256.Load(finish.Multipliers + 8);
        Vector256<short> zero = Vector256.Create((short)finish.Zero);
        Vector128<sbyte> low = Vector128.Create((sbyte)finish.Low), high = Vector128.Create((sbyte)finish.High);
        sbyte* y = (sbyte*)finish.Y;
        for (; count > 0; count--)
        {
            Vector256<int> c0 = b0, c1 = b1;
            byte* v = w;
            for (int i = 0; i < 2 * units; i += 2)
            {
                Vector256<short> s = Avx2.ConvertToVector256Int16(x + offsets[i]), t = Avx2.ConvertToVector256Int16(x + offsets[i + 1]);
                c0 = Avx2.Add(c0, Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(s, t), Vector256.Load((short*)v)));
                c1 = Avx2.Add(c1, Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(s, t), Vector256.Load((short*)v + 16)));
                v += 64;
            }
            // The order of the sums is the one that packing undoes.
            Vector256<short> both = Avx2.AddSaturate(Avx2.PackSignedSaturate(Rescaling.Scale(c0, m0), Rescaling.Scale(c1, m1)), zero);
            Vector128<sbyte> bytes = Sse41.Min(Sse41.Max(Sse2.PackSignedSaturate(both.GetLower(), both.GetUpper()), low), high);
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
            y += finish.PixelStride;
            x += step;
        }
    }

    /// <summary>Unpacking works within halves: sums are those of channels 0-3, 8-11, 4-7, 12-15.</summary>
    private static int Channel(int lane) => ((lane & 4) << 1) | ((lane & 8) >> 1) | (lane & 3);
}

/// <summary>Two taps are added in 16 bits, which holds as weights are not -128, then in 32.</summary>
internal readonly unsafe struct DepthwiseNeon : IDepthwiseStep
{
    public static int UnitBytes => 2;

    public static void PackUnit(sbyte* taps, int lanes, byte* target) => Buffer.MemoryCopy(taps, target, 32, 32);

    public static void PackLanes(int* source, int lanes, int* target) => Buffer.MemoryCopy(source, target, 64, 64);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, int* offsets, int units, byte* w, long step, int count, int lanes, in DotFinish finish)
    {
        DotFinish pixel = finish;
        for (; count > 0; count--)
        {
            Vector128<int> c0 = Vector128.Load(finish.Bias), c1 = Vector128.Load(finish.Bias + 4);
            Vector128<int> c2 = Vector128.Load(finish.Bias + 8), c3 = Vector128.Load(finish.Bias + 12);
            sbyte* v = (sbyte*)w;
            for (int i = 0; i < 2 * units; i += 2)
            {
                Vector128<sbyte> s = Vector128.Load(x + offsets[i]), t = Vector128.Load(x + offsets[i + 1]);
                Vector128<sbyte> a = Vector128.Load(v), b = Vector128.Load(v + 16);
                Vector128<short> low = AdvSimd.MultiplyWideningLowerAndAdd(AdvSimd.MultiplyWideningLower(s.GetLower(), a.GetLower()), t.GetLower(), b.GetLower());
                Vector128<short> high = AdvSimd.MultiplyWideningUpperAndAdd(AdvSimd.MultiplyWideningUpper(s, a), t, b);
                c0 = AdvSimd.AddWideningLower(c0, low.GetLower());
                c1 = AdvSimd.AddWideningUpper(c1, low);
                c2 = AdvSimd.AddWideningLower(c2, high.GetLower());
                c3 = AdvSimd.AddWideningUpper(c3, high);
                v += 32;
            }
            DotBytes.Store(c0, c1, c2, c3, pixel, 0);
            pixel.Y += finish.PixelStride;
            x += step;
        }
    }
}
