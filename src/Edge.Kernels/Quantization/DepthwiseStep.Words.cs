using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>As <see cref="DepthwiseAvx2"/>, for inputs or results of 16 bits.</summary>
/// <typeparam name="TX">sbyte or short.</typeparam>
/// <typeparam name="TEnd">For the type of the result.</typeparam>
internal readonly unsafe struct DepthwiseAvx2Words<TX, TEnd> : IDepthwiseStep where TX : unmanaged where TEnd : struct, IDotEnd
{
    public static int UnitBytes => DepthwiseAvx2.UnitBytes;

    public static void PackUnit(sbyte* taps, int lanes, byte* target) => DepthwiseAvx2.PackUnit(taps, lanes, target);

    public static void PackLanes(int* source, int lanes, int* target) => Buffer.MemoryCopy(source, target, 64, 64);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, int* offsets, int units, byte* w, long step, int count, int lanes, in DotFinish finish)
    {
        DotFinish pixel = finish;
        Vector256<int> b0 = Vector256.Load(finish.Bias), b1 = Vector256.Load(finish.Bias + 8);
        for (; count > 0; count--)
        {
            Vector256<int> c0 = default, c1 = default;
            byte* v = w;
            for (int i = 0; i < 2 * units; i += 2)
            {
                Vector256<short> s = Load(x + offsets[i]), t = Load(x + offsets[i + 1]);
                c0 = Avx2.Add(c0, Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(s, t), Vector256.Load((short*)v)));
                c1 = Avx2.Add(c1, Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(s, t), Vector256.Load((short*)v + 16)));
                v += 64;
            }
            // Unpacking works within halves: sums are those of channels 0-3, 8-11 and 4-7, 12-15.
            Vector256<int> first = Avx2.Permute2x128(c0, c1, 0x20), second = Avx2.Permute2x128(c0, c1, 0x31);
            TEnd.Store(Avx2.Add(first, b0), Avx2.Add(second, b1), pixel, 0);
            pixel.Y += pixel.PixelStride;
            x += step;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Load(sbyte* x) => typeof(TX) == typeof(sbyte) ? Avx2.ConvertToVector256Int16(x) : Vector256.Load((short*)x);
}

/// <summary>NEON, inputs or results of 16 bits: SMLAL, one tap after another.</summary>
/// <typeparam name="TX">sbyte or short.</typeparam>
/// <typeparam name="TEnd">For the type of the result.</typeparam>
internal readonly unsafe struct DepthwiseNeonWords<TX, TEnd> : IDepthwiseStep where TX : unmanaged where TEnd : struct, IDotEnd
{
    public static int UnitTaps => 1;

    public static int UnitBytes => sizeof(short);

    public static void PackUnit(sbyte* taps, int lanes, byte* target)
    {
        for (int i = 0; i < 16; i++)
        {
            ((short*)target)[i] = taps[i];
        }
    }

    public static void PackLanes(int* source, int lanes, int* target) => Buffer.MemoryCopy(source, target, 64, 64);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, int* offsets, int units, byte* w, long step, int count, int lanes, in DotFinish finish)
    {
        DotFinish pixel = finish;
        for (; count > 0; count--)
        {
            Vector128<int> c0 = Vector128.Load(finish.Bias), c1 = Vector128.Load(finish.Bias + 4);
            Vector128<int> c2 = Vector128.Load(finish.Bias + 8), c3 = Vector128.Load(finish.Bias + 12);
            var v = (short*)w;
            for (int i = 0; i < units; i++)
            {
                Vector128<short> s, t;
                if (typeof(TX) == typeof(sbyte))
                {
                    (s, t) = Vector128.Widen(Vector128.Load(x + offsets[i]));
                }
                else
                {
                    s = Vector128.Load((short*)(x + offsets[i]));
                    t = Vector128.Load((short*)(x + offsets[i]) + 8);
                }
                Vector128<short> a = Vector128.Load(v), b = Vector128.Load(v + 8);
                c0 = AdvSimd.MultiplyWideningLowerAndAdd(c0, s.GetLower(), a.GetLower());
                c1 = AdvSimd.MultiplyWideningUpperAndAdd(c1, s, a);
                c2 = AdvSimd.MultiplyWideningLowerAndAdd(c2, t.GetLower(), b.GetLower());
                c3 = AdvSimd.MultiplyWideningUpperAndAdd(c3, t, b);
                v += 16;
            }
            TEnd.Store(c0, c1, c2, c3, pixel, 0);
            pixel.Y += pixel.PixelStride;
            x += step;
        }
    }
}
