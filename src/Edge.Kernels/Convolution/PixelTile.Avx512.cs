using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// 8 (6, 4) pixels by 2 vectors of 16 output channels, each two blocks: 16 sums, 2 weights and 1 input fill 19 of 32 registers.
/// Two blocks that remain make tiles of one vector; one and three are left to the tiles of 256 bits.
/// </summary>
internal readonly unsafe partial struct PixelTileAvx512 : IPixelTile
{
    private const int Lanes = 16;

    public static int Channels => 2 * Lanes;

    public static int Pixels => 8;

    public static int MostPixels => 8;

    public static int TakeChannels(int left) => Layouts.Blocks(left) switch
    {
        1 or 3 => PixelTile<F32x8>.TakeChannels(left),
        2 or 5 => Lanes,
        _ => Channels,
    };

    public static int Take(int left, int channels) => channels % Lanes == 0
        ? left switch { <= 4 => left, 5 or 6 => left, 9 or 10 => 6, _ => Math.Min(left, 8) }
        : PixelTile<F32x8>.Take(left, channels);

    public static void Multiply<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        switch (finish.Channels)
        {
            case 2 * Lanes when pixels > 6:
                Multiply8By2<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
                break;
            case 2 * Lanes when pixels > 4:
                Multiply6By2<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
                break;
            case 2 * Lanes:
                Multiply4By2<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
                break;
            case Lanes when pixels > 4:
                Multiply8By1<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
                break;
            case Lanes:
                Multiply4By1<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
                break;
            default:
                PixelTile<F32x8>.Multiply<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
                break;
        }
    }

    /// <summary>16 sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply8By2<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        float* p0 = x + offsets[0];
        float* p1 = x + offsets[1];
        float* p2 = x + offsets[2];
        float* p3 = x + offsets[3];
        float* p4 = x + offsets[4];
        float* p5 = x + offsets[5];
        float* p6 = x + offsets[6];
        float* p7 = x + offsets[7];
        F32x16 c00 = F32x16.Load(finish.Bias), c01 = F32x16.Load(finish.Bias + Lanes);
        F32x16 c10 = c00, c11 = c01;
        F32x16 c20 = c00, c21 = c01;
        F32x16 c30 = c00, c31 = c01;
        F32x16 c40 = c00, c41 = c01;
        F32x16 c50 = c00, c51 = c01;
        F32x16 c60 = c00, c61 = c01;
        F32x16 c70 = c00, c71 = c01;
        if (finish.Addend is not null)
        {
            c00 = Add(c00, finish, 0, 0);
            c01 = Add(c01, finish, 0, 1);
            c10 = Add(c10, finish, 1, 0);
            c11 = Add(c11, finish, 1, 1);
            c20 = Add(c20, finish, 2, 0);
            c21 = Add(c21, finish, 2, 1);
            c30 = Add(c30, finish, 3, 0);
            c31 = Add(c31, finish, 3, 1);
            c40 = Add(c40, finish, 4, 0);
            c41 = Add(c41, finish, 4, 1);
            c50 = Add(c50, finish, 5, 0);
            c51 = Add(c51, finish, 5, 1);
            c60 = Add(c60, finish, 6, 0);
            c61 = Add(c61, finish, 6, 1);
            if (pixels > 7)
            {
                c70 = Add(c70, finish, 7, 0);
                c71 = Add(c71, finish, 7, 1);
            }
        }
        Tap* end = taps + tapCount;
        // Loops that test before they begin: the compiler keeps the sums of other loops on the stack.
        for (; taps < end; taps++)
        {
            long at = taps->Offset;
            Prefetch.Line(prefetch);
            prefetch += Prefetch.LineBytes;
            for (int lane = taps->Lanes; lane > 0; lane--)
            {
                F32x16 w0 = F32x16.Load(w);
                F32x16 w1 = F32x16.Load(w + Lanes);
                F32x16 a = F32x16.Splat(p0[at]);
                c00 = F32x16.MultiplyAdd(a, w0, c00);
                c01 = F32x16.MultiplyAdd(a, w1, c01);
                a = F32x16.Splat(p1[at]);
                c10 = F32x16.MultiplyAdd(a, w0, c10);
                c11 = F32x16.MultiplyAdd(a, w1, c11);
                a = F32x16.Splat(p2[at]);
                c20 = F32x16.MultiplyAdd(a, w0, c20);
                c21 = F32x16.MultiplyAdd(a, w1, c21);
                a = F32x16.Splat(p3[at]);
                c30 = F32x16.MultiplyAdd(a, w0, c30);
                c31 = F32x16.MultiplyAdd(a, w1, c31);
                a = F32x16.Splat(p4[at]);
                c40 = F32x16.MultiplyAdd(a, w0, c40);
                c41 = F32x16.MultiplyAdd(a, w1, c41);
                a = F32x16.Splat(p5[at]);
                c50 = F32x16.MultiplyAdd(a, w0, c50);
                c51 = F32x16.MultiplyAdd(a, w1, c51);
                a = F32x16.Splat(p6[at]);
                c60 = F32x16.MultiplyAdd(a, w0, c60);
                c61 = F32x16.MultiplyAdd(a, w1, c61);
                a = F32x16.Splat(p7[at]);
                c70 = F32x16.MultiplyAdd(a, w0, c70);
                c71 = F32x16.MultiplyAdd(a, w1, c71);
                w += 2 * Lanes;
                at++;
            }
        }
        if (finish.Last)
        {
            c00 = TEpilogue.Apply(c00, finish.Alpha, finish.Beta);
            c01 = TEpilogue.Apply(c01, finish.Alpha, finish.Beta);
            c10 = TEpilogue.Apply(c10, finish.Alpha, finish.Beta);
            c11 = TEpilogue.Apply(c11, finish.Alpha, finish.Beta);
            c20 = TEpilogue.Apply(c20, finish.Alpha, finish.Beta);
            c21 = TEpilogue.Apply(c21, finish.Alpha, finish.Beta);
            c30 = TEpilogue.Apply(c30, finish.Alpha, finish.Beta);
            c31 = TEpilogue.Apply(c31, finish.Alpha, finish.Beta);
            c40 = TEpilogue.Apply(c40, finish.Alpha, finish.Beta);
            c41 = TEpilogue.Apply(c41, finish.Alpha, finish.Beta);
            c50 = TEpilogue.Apply(c50, finish.Alpha, finish.Beta);
            c51 = TEpilogue.Apply(c51, finish.Alpha, finish.Beta);
            c60 = TEpilogue.Apply(c60, finish.Alpha, finish.Beta);
            c61 = TEpilogue.Apply(c61, finish.Alpha, finish.Beta);
            c70 = TEpilogue.Apply(c70, finish.Alpha, finish.Beta);
            c71 = TEpilogue.Apply(c71, finish.Alpha, finish.Beta);
        }
        Store(c00, finish, 0, 0);
        Store(c01, finish, 0, 1);
        Store(c10, finish, 1, 0);
        Store(c11, finish, 1, 1);
        Store(c20, finish, 2, 0);
        Store(c21, finish, 2, 1);
        Store(c30, finish, 3, 0);
        Store(c31, finish, 3, 1);
        Store(c40, finish, 4, 0);
        Store(c41, finish, 4, 1);
        Store(c50, finish, 5, 0);
        Store(c51, finish, 5, 1);
        Store(c60, finish, 6, 0);
        Store(c61, finish, 6, 1);
        if (pixels > 7)
        {
            Store(c70, finish, 7, 0);
            Store(c71, finish, 7, 1);
        }
    }

    /// <summary>12 sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6By2<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        float* p0 = x + offsets[0];
        float* p1 = x + offsets[1];
        float* p2 = x + offsets[2];
        float* p3 = x + offsets[3];
        float* p4 = x + offsets[4];
        float* p5 = x + offsets[5];
        F32x16 c00 = F32x16.Load(finish.Bias), c01 = F32x16.Load(finish.Bias + Lanes);
        F32x16 c10 = c00, c11 = c01;
        F32x16 c20 = c00, c21 = c01;
        F32x16 c30 = c00, c31 = c01;
        F32x16 c40 = c00, c41 = c01;
        F32x16 c50 = c00, c51 = c01;
        if (finish.Addend is not null)
        {
            c00 = Add(c00, finish, 0, 0);
            c01 = Add(c01, finish, 0, 1);
            c10 = Add(c10, finish, 1, 0);
            c11 = Add(c11, finish, 1, 1);
            c20 = Add(c20, finish, 2, 0);
            c21 = Add(c21, finish, 2, 1);
            c30 = Add(c30, finish, 3, 0);
            c31 = Add(c31, finish, 3, 1);
            c40 = Add(c40, finish, 4, 0);
            c41 = Add(c41, finish, 4, 1);
            if (pixels > 5)
            {
                c50 = Add(c50, finish, 5, 0);
                c51 = Add(c51, finish, 5, 1);
            }
        }
        Tap* end = taps + tapCount;
        // Loops that test before they begin: the compiler keeps the sums of other loops on the stack.
        for (; taps < end; taps++)
        {
            long at = taps->Offset;
            Prefetch.Line(prefetch);
            prefetch += Prefetch.LineBytes;
            for (int lane = taps->Lanes; lane > 0; lane--)
            {
                F32x16 w0 = F32x16.Load(w);
                F32x16 w1 = F32x16.Load(w + Lanes);
                F32x16 a = F32x16.Splat(p0[at]);
                c00 = F32x16.MultiplyAdd(a, w0, c00);
                c01 = F32x16.MultiplyAdd(a, w1, c01);
                a = F32x16.Splat(p1[at]);
                c10 = F32x16.MultiplyAdd(a, w0, c10);
                c11 = F32x16.MultiplyAdd(a, w1, c11);
                a = F32x16.Splat(p2[at]);
                c20 = F32x16.MultiplyAdd(a, w0, c20);
                c21 = F32x16.MultiplyAdd(a, w1, c21);
                a = F32x16.Splat(p3[at]);
                c30 = F32x16.MultiplyAdd(a, w0, c30);
                c31 = F32x16.MultiplyAdd(a, w1, c31);
                a = F32x16.Splat(p4[at]);
                c40 = F32x16.MultiplyAdd(a, w0, c40);
                c41 = F32x16.MultiplyAdd(a, w1, c41);
                a = F32x16.Splat(p5[at]);
                c50 = F32x16.MultiplyAdd(a, w0, c50);
                c51 = F32x16.MultiplyAdd(a, w1, c51);
                w += 2 * Lanes;
                at++;
            }
        }
        if (finish.Last)
        {
            c00 = TEpilogue.Apply(c00, finish.Alpha, finish.Beta);
            c01 = TEpilogue.Apply(c01, finish.Alpha, finish.Beta);
            c10 = TEpilogue.Apply(c10, finish.Alpha, finish.Beta);
            c11 = TEpilogue.Apply(c11, finish.Alpha, finish.Beta);
            c20 = TEpilogue.Apply(c20, finish.Alpha, finish.Beta);
            c21 = TEpilogue.Apply(c21, finish.Alpha, finish.Beta);
            c30 = TEpilogue.Apply(c30, finish.Alpha, finish.Beta);
            c31 = TEpilogue.Apply(c31, finish.Alpha, finish.Beta);
            c40 = TEpilogue.Apply(c40, finish.Alpha, finish.Beta);
            c41 = TEpilogue.Apply(c41, finish.Alpha, finish.Beta);
            c50 = TEpilogue.Apply(c50, finish.Alpha, finish.Beta);
            c51 = TEpilogue.Apply(c51, finish.Alpha, finish.Beta);
        }
        Store(c00, finish, 0, 0);
        Store(c01, finish, 0, 1);
        Store(c10, finish, 1, 0);
        Store(c11, finish, 1, 1);
        Store(c20, finish, 2, 0);
        Store(c21, finish, 2, 1);
        Store(c30, finish, 3, 0);
        Store(c31, finish, 3, 1);
        Store(c40, finish, 4, 0);
        Store(c41, finish, 4, 1);
        if (pixels > 5)
        {
            Store(c50, finish, 5, 0);
            Store(c51, finish, 5, 1);
        }
    }

    /// <summary>8 sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4By2<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        float* p0 = x + offsets[0];
        float* p1 = x + offsets[1];
        float* p2 = x + offsets[2];
        float* p3 = x + offsets[3];
        F32x16 c00 = F32x16.Load(finish.Bias), c01 = F32x16.Load(finish.Bias + Lanes);
        F32x16 c10 = c00, c11 = c01;
        F32x16 c20 = c00, c21 = c01;
        F32x16 c30 = c00, c31 = c01;
        if (finish.Addend is not null)
        {
            c00 = Add(c00, finish, 0, 0);
            c01 = Add(c01, finish, 0, 1);
            if (pixels > 1)
            {
                c10 = Add(c10, finish, 1, 0);
                c11 = Add(c11, finish, 1, 1);
            }
            if (pixels > 2)
            {
                c20 = Add(c20, finish, 2, 0);
                c21 = Add(c21, finish, 2, 1);
            }
            if (pixels > 3)
            {
                c30 = Add(c30, finish, 3, 0);
                c31 = Add(c31, finish, 3, 1);
            }
        }
        Tap* end = taps + tapCount;
        // Loops that test before they begin: the compiler keeps the sums of other loops on the stack.
        for (; taps < end; taps++)
        {
            long at = taps->Offset;
            Prefetch.Line(prefetch);
            prefetch += Prefetch.LineBytes;
            for (int lane = taps->Lanes; lane > 0; lane--)
            {
                F32x16 w0 = F32x16.Load(w);
                F32x16 w1 = F32x16.Load(w + Lanes);
                F32x16 a = F32x16.Splat(p0[at]);
                c00 = F32x16.MultiplyAdd(a, w0, c00);
                c01 = F32x16.MultiplyAdd(a, w1, c01);
                a = F32x16.Splat(p1[at]);
                c10 = F32x16.MultiplyAdd(a, w0, c10);
                c11 = F32x16.MultiplyAdd(a, w1, c11);
                a = F32x16.Splat(p2[at]);
                c20 = F32x16.MultiplyAdd(a, w0, c20);
                c21 = F32x16.MultiplyAdd(a, w1, c21);
                a = F32x16.Splat(p3[at]);
                c30 = F32x16.MultiplyAdd(a, w0, c30);
                c31 = F32x16.MultiplyAdd(a, w1, c31);
                w += 2 * Lanes;
                at++;
            }
        }
        if (finish.Last)
        {
            c00 = TEpilogue.Apply(c00, finish.Alpha, finish.Beta);
            c01 = TEpilogue.Apply(c01, finish.Alpha, finish.Beta);
            c10 = TEpilogue.Apply(c10, finish.Alpha, finish.Beta);
            c11 = TEpilogue.Apply(c11, finish.Alpha, finish.Beta);
            c20 = TEpilogue.Apply(c20, finish.Alpha, finish.Beta);
            c21 = TEpilogue.Apply(c21, finish.Alpha, finish.Beta);
            c30 = TEpilogue.Apply(c30, finish.Alpha, finish.Beta);
            c31 = TEpilogue.Apply(c31, finish.Alpha, finish.Beta);
        }
        Store(c00, finish, 0, 0);
        Store(c01, finish, 0, 1);
        if (pixels > 1)
        {
            Store(c10, finish, 1, 0);
            Store(c11, finish, 1, 1);
        }
        if (pixels > 2)
        {
            Store(c20, finish, 2, 0);
            Store(c21, finish, 2, 1);
        }
        if (pixels > 3)
        {
            Store(c30, finish, 3, 0);
            Store(c31, finish, 3, 1);
        }
    }

    /// <summary>Adds what lies where a vector goes: in two blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x16 Add(F32x16 sum, in PixelFinish finish, int pixel, int vector)
    {
        float* addend = finish.Addend + (2 * vector * finish.BlockStride) + (pixel * Layouts.Block);
        return F32x16.Add(sum, F32x16.Join(F32x8.Load(addend), F32x8.Load(addend + finish.BlockStride)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(F32x16 sum, in PixelFinish finish, int pixel, int vector)
    {
        float* y = finish.Y + (2 * vector * finish.BlockStride) + (pixel * Layouts.Block);
        F32x8.Store(F32x16.Lower(sum), y);
        F32x8.Store(F32x16.Upper(sum), y + finish.BlockStride);
    }
}
