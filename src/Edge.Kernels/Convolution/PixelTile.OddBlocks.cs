using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <content>Tiles of one and of three vectors: an odd number of blocks would leave half of a usual tile empty.</content>
internal readonly unsafe partial struct PixelTile<TLanes>
{
    private static void MultiplyOdd<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        if (finish.Channels == 3 * Layouts.Block)
        {
            Multiply4By3<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
        }
        else if (pixels > 4)
        {
            Multiply8By1<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
        }
        else
        {
            Multiply4By1<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
        }
    }

    /// <summary>12 sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4By3<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        float* p0 = x + offsets[0];
        float* p1 = x + offsets[1];
        float* p2 = x + offsets[2];
        float* p3 = x + offsets[3];
        TLanes c00 = TLanes.Load(finish.Bias), c01 = TLanes.Load(finish.Bias + TLanes.Count), c02 = TLanes.Load(finish.Bias + (2 * TLanes.Count));
        TLanes c10 = c00, c11 = c01, c12 = c02;
        TLanes c20 = c00, c21 = c01, c22 = c02;
        TLanes c30 = c00, c31 = c01, c32 = c02;
        Tap* end = taps + tapCount;
        for (; taps < end; taps++)
        {
            long at = taps->Offset;
            Prefetch.Line(prefetch);
            prefetch += Prefetch.LineBytes;
            for (int lane = taps->Lanes; lane > 0; lane--)
            {
                TLanes w0 = TLanes.Load(w);
                TLanes w1 = TLanes.Load(w + TLanes.Count);
                TLanes w2 = TLanes.Load(w + (2 * TLanes.Count));
                TLanes a = TLanes.Splat(p0[at]);
                c00 = TLanes.MultiplyAdd(a, w0, c00);
                c01 = TLanes.MultiplyAdd(a, w1, c01);
                c02 = TLanes.MultiplyAdd(a, w2, c02);
                a = TLanes.Splat(p1[at]);
                c10 = TLanes.MultiplyAdd(a, w0, c10);
                c11 = TLanes.MultiplyAdd(a, w1, c11);
                c12 = TLanes.MultiplyAdd(a, w2, c12);
                a = TLanes.Splat(p2[at]);
                c20 = TLanes.MultiplyAdd(a, w0, c20);
                c21 = TLanes.MultiplyAdd(a, w1, c21);
                c22 = TLanes.MultiplyAdd(a, w2, c22);
                a = TLanes.Splat(p3[at]);
                c30 = TLanes.MultiplyAdd(a, w0, c30);
                c31 = TLanes.MultiplyAdd(a, w1, c31);
                c32 = TLanes.MultiplyAdd(a, w2, c32);
                w += 3 * TLanes.Count;
                at++;
            }
        }
        if (finish.IsPlain && pixels == 4)
        {
            PixelFinish.StorePlain<TLanes, TEpilogue>(c00, finish, 0, 0);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c01, finish, 0, 1);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c02, finish, 0, 2);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c10, finish, 1, 0);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c11, finish, 1, 1);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c12, finish, 1, 2);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c20, finish, 2, 0);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c21, finish, 2, 1);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c22, finish, 2, 2);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c30, finish, 3, 0);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c31, finish, 3, 1);
            PixelFinish.StorePlain<TLanes, TEpilogue>(c32, finish, 3, 2);
            return;
        }
        PixelFinish.Store<TLanes, TEpilogue>(c00, finish, 0, 0);
        PixelFinish.Store<TLanes, TEpilogue>(c01, finish, 0, 1);
        PixelFinish.Store<TLanes, TEpilogue>(c02, finish, 0, 2);
        if (pixels > 1)
        {
            PixelFinish.Store<TLanes, TEpilogue>(c10, finish, 1, 0);
            PixelFinish.Store<TLanes, TEpilogue>(c11, finish, 1, 1);
            PixelFinish.Store<TLanes, TEpilogue>(c12, finish, 1, 2);
        }
        if (pixels > 2)
        {
            PixelFinish.Store<TLanes, TEpilogue>(c20, finish, 2, 0);
            PixelFinish.Store<TLanes, TEpilogue>(c21, finish, 2, 1);
            PixelFinish.Store<TLanes, TEpilogue>(c22, finish, 2, 2);
        }
        if (pixels > 3)
        {
            PixelFinish.Store<TLanes, TEpilogue>(c30, finish, 3, 0);
            PixelFinish.Store<TLanes, TEpilogue>(c31, finish, 3, 1);
            PixelFinish.Store<TLanes, TEpilogue>(c32, finish, 3, 2);
        }
    }

    /// <summary>8 sums, as many as keep two multiply-add units busy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply8By1<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
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
        TLanes c0 = TLanes.Load(finish.Bias), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        Tap* end = taps + tapCount;
        for (; taps < end; taps++)
        {
            long at = taps->Offset;
            Prefetch.Line(prefetch);
            prefetch += Prefetch.LineBytes;
            for (int lane = taps->Lanes; lane > 0; lane--)
            {
                TLanes w0 = TLanes.Load(w);
                c0 = TLanes.MultiplyAdd(TLanes.Splat(p0[at]), w0, c0);
                c1 = TLanes.MultiplyAdd(TLanes.Splat(p1[at]), w0, c1);
                c2 = TLanes.MultiplyAdd(TLanes.Splat(p2[at]), w0, c2);
                c3 = TLanes.MultiplyAdd(TLanes.Splat(p3[at]), w0, c3);
                c4 = TLanes.MultiplyAdd(TLanes.Splat(p4[at]), w0, c4);
                c5 = TLanes.MultiplyAdd(TLanes.Splat(p5[at]), w0, c5);
                c6 = TLanes.MultiplyAdd(TLanes.Splat(p6[at]), w0, c6);
                c7 = TLanes.MultiplyAdd(TLanes.Splat(p7[at]), w0, c7);
                w += TLanes.Count;
                at++;
            }
        }
        PixelFinish.Store<TLanes, TEpilogue>(c0, finish, 0, 0);
        PixelFinish.Store<TLanes, TEpilogue>(c1, finish, 1, 0);
        PixelFinish.Store<TLanes, TEpilogue>(c2, finish, 2, 0);
        PixelFinish.Store<TLanes, TEpilogue>(c3, finish, 3, 0);
        PixelFinish.Store<TLanes, TEpilogue>(c4, finish, 4, 0);
        if (pixels > 5)
        {
            PixelFinish.Store<TLanes, TEpilogue>(c5, finish, 5, 0);
        }
        if (pixels > 6)
        {
            PixelFinish.Store<TLanes, TEpilogue>(c6, finish, 6, 0);
        }
        if (pixels > 7)
        {
            PixelFinish.Store<TLanes, TEpilogue>(c7, finish, 7, 0);
        }
    }

    /// <summary>The rest of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4By1<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        float* p0 = x + offsets[0];
        float* p1 = x + offsets[1];
        float* p2 = x + offsets[2];
        float* p3 = x + offsets[3];
        TLanes c0 = TLanes.Load(finish.Bias), c1 = c0, c2 = c0, c3 = c0;
        Tap* end = taps + tapCount;
        for (; taps < end; taps++)
        {
            long at = taps->Offset;
            Prefetch.Line(prefetch);
            prefetch += Prefetch.LineBytes;
            for (int lane = taps->Lanes; lane > 0; lane--)
            {
                TLanes w0 = TLanes.Load(w);
                c0 = TLanes.MultiplyAdd(TLanes.Splat(p0[at]), w0, c0);
                c1 = TLanes.MultiplyAdd(TLanes.Splat(p1[at]), w0, c1);
                c2 = TLanes.MultiplyAdd(TLanes.Splat(p2[at]), w0, c2);
                c3 = TLanes.MultiplyAdd(TLanes.Splat(p3[at]), w0, c3);
                w += TLanes.Count;
                at++;
            }
        }
        PixelFinish.Store<TLanes, TEpilogue>(c0, finish, 0, 0);
        if (pixels > 1)
        {
            PixelFinish.Store<TLanes, TEpilogue>(c1, finish, 1, 0);
        }
        if (pixels > 2)
        {
            PixelFinish.Store<TLanes, TEpilogue>(c2, finish, 2, 0);
        }
        if (pixels > 3)
        {
            PixelFinish.Store<TLanes, TEpilogue>(c3, finish, 3, 0);
        }
    }
}
