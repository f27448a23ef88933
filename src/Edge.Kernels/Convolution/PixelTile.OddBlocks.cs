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
        if (finish.Addend is not null)
        {
            c00 = Add(c00, finish, 0, 0);
            c01 = Add(c01, finish, 0, 1);
            c02 = Add(c02, finish, 0, 2);
            if (pixels > 1)
            {
                c10 = Add(c10, finish, 1, 0);
                c11 = Add(c11, finish, 1, 1);
                c12 = Add(c12, finish, 1, 2);
            }
            if (pixels > 2)
            {
                c20 = Add(c20, finish, 2, 0);
                c21 = Add(c21, finish, 2, 1);
                c22 = Add(c22, finish, 2, 2);
            }
            if (pixels > 3)
            {
                c30 = Add(c30, finish, 3, 0);
                c31 = Add(c31, finish, 3, 1);
                c32 = Add(c32, finish, 3, 2);
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
        if (finish.Last)
        {
            c00 = TEpilogue.Apply(c00, finish.Alpha, finish.Beta);
            c01 = TEpilogue.Apply(c01, finish.Alpha, finish.Beta);
            c02 = TEpilogue.Apply(c02, finish.Alpha, finish.Beta);
            c10 = TEpilogue.Apply(c10, finish.Alpha, finish.Beta);
            c11 = TEpilogue.Apply(c11, finish.Alpha, finish.Beta);
            c12 = TEpilogue.Apply(c12, finish.Alpha, finish.Beta);
            c20 = TEpilogue.Apply(c20, finish.Alpha, finish.Beta);
            c21 = TEpilogue.Apply(c21, finish.Alpha, finish.Beta);
            c22 = TEpilogue.Apply(c22, finish.Alpha, finish.Beta);
            c30 = TEpilogue.Apply(c30, finish.Alpha, finish.Beta);
            c31 = TEpilogue.Apply(c31, finish.Alpha, finish.Beta);
            c32 = TEpilogue.Apply(c32, finish.Alpha, finish.Beta);
        }
        Store(c00, finish, 0, 0);
        Store(c01, finish, 0, 1);
        Store(c02, finish, 0, 2);
        if (pixels > 1)
        {
            Store(c10, finish, 1, 0);
            Store(c11, finish, 1, 1);
            Store(c12, finish, 1, 2);
        }
        if (pixels > 2)
        {
            Store(c20, finish, 2, 0);
            Store(c21, finish, 2, 1);
            Store(c22, finish, 2, 2);
        }
        if (pixels > 3)
        {
            Store(c30, finish, 3, 0);
            Store(c31, finish, 3, 1);
            Store(c32, finish, 3, 2);
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
        TLanes c00 = TLanes.Load(finish.Bias);
        TLanes c10 = c00;
        TLanes c20 = c00;
        TLanes c30 = c00;
        TLanes c40 = c00;
        TLanes c50 = c00;
        TLanes c60 = c00;
        TLanes c70 = c00;
        if (finish.Addend is not null)
        {
            c00 = Add(c00, finish, 0, 0);
            c10 = Add(c10, finish, 1, 0);
            c20 = Add(c20, finish, 2, 0);
            c30 = Add(c30, finish, 3, 0);
            c40 = Add(c40, finish, 4, 0);
            if (pixels > 5)
            {
                c50 = Add(c50, finish, 5, 0);
            }
            if (pixels > 6)
            {
                c60 = Add(c60, finish, 6, 0);
            }
            if (pixels > 7)
            {
                c70 = Add(c70, finish, 7, 0);
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
                TLanes w0 = TLanes.Load(w);
                c00 = TLanes.MultiplyAdd(TLanes.Splat(p0[at]), w0, c00);
                c10 = TLanes.MultiplyAdd(TLanes.Splat(p1[at]), w0, c10);
                c20 = TLanes.MultiplyAdd(TLanes.Splat(p2[at]), w0, c20);
                c30 = TLanes.MultiplyAdd(TLanes.Splat(p3[at]), w0, c30);
                c40 = TLanes.MultiplyAdd(TLanes.Splat(p4[at]), w0, c40);
                c50 = TLanes.MultiplyAdd(TLanes.Splat(p5[at]), w0, c50);
                c60 = TLanes.MultiplyAdd(TLanes.Splat(p6[at]), w0, c60);
                c70 = TLanes.MultiplyAdd(TLanes.Splat(p7[at]), w0, c70);
                w += TLanes.Count;
                at++;
            }
        }
        if (finish.Last)
        {
            c00 = TEpilogue.Apply(c00, finish.Alpha, finish.Beta);
            c10 = TEpilogue.Apply(c10, finish.Alpha, finish.Beta);
            c20 = TEpilogue.Apply(c20, finish.Alpha, finish.Beta);
            c30 = TEpilogue.Apply(c30, finish.Alpha, finish.Beta);
            c40 = TEpilogue.Apply(c40, finish.Alpha, finish.Beta);
            c50 = TEpilogue.Apply(c50, finish.Alpha, finish.Beta);
            c60 = TEpilogue.Apply(c60, finish.Alpha, finish.Beta);
            c70 = TEpilogue.Apply(c70, finish.Alpha, finish.Beta);
        }
        Store(c00, finish, 0, 0);
        Store(c10, finish, 1, 0);
        Store(c20, finish, 2, 0);
        Store(c30, finish, 3, 0);
        Store(c40, finish, 4, 0);
        if (pixels > 5)
        {
            Store(c50, finish, 5, 0);
        }
        if (pixels > 6)
        {
            Store(c60, finish, 6, 0);
        }
        if (pixels > 7)
        {
            Store(c70, finish, 7, 0);
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
        TLanes c00 = TLanes.Load(finish.Bias);
        TLanes c10 = c00;
        TLanes c20 = c00;
        TLanes c30 = c00;
        if (finish.Addend is not null)
        {
            c00 = Add(c00, finish, 0, 0);
            if (pixels > 1)
            {
                c10 = Add(c10, finish, 1, 0);
            }
            if (pixels > 2)
            {
                c20 = Add(c20, finish, 2, 0);
            }
            if (pixels > 3)
            {
                c30 = Add(c30, finish, 3, 0);
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
                TLanes w0 = TLanes.Load(w);
                c00 = TLanes.MultiplyAdd(TLanes.Splat(p0[at]), w0, c00);
                c10 = TLanes.MultiplyAdd(TLanes.Splat(p1[at]), w0, c10);
                c20 = TLanes.MultiplyAdd(TLanes.Splat(p2[at]), w0, c20);
                c30 = TLanes.MultiplyAdd(TLanes.Splat(p3[at]), w0, c30);
                w += TLanes.Count;
                at++;
            }
        }
        if (finish.Last)
        {
            c00 = TEpilogue.Apply(c00, finish.Alpha, finish.Beta);
            c10 = TEpilogue.Apply(c10, finish.Alpha, finish.Beta);
            c20 = TEpilogue.Apply(c20, finish.Alpha, finish.Beta);
            c30 = TEpilogue.Apply(c30, finish.Alpha, finish.Beta);
        }
        Store(c00, finish, 0, 0);
        if (pixels > 1)
        {
            Store(c10, finish, 1, 0);
        }
        if (pixels > 2)
        {
            Store(c20, finish, 2, 0);
        }
        if (pixels > 3)
        {
            Store(c30, finish, 3, 0);
        }
    }
}
