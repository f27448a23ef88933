using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Convolution;

/// <content>Tiles of one vector: two blocks that remain.</content>
internal readonly unsafe partial struct PixelTileAvx512
{
    /// <summary>8 sums.</summary>
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
        F32x16 c00 = F32x16.Load(finish.Bias);
        F32x16 c10 = c00;
        F32x16 c20 = c00;
        F32x16 c30 = c00;
        F32x16 c40 = c00;
        F32x16 c50 = c00;
        F32x16 c60 = c00;
        F32x16 c70 = c00;
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
                F32x16 w0 = F32x16.Load(w);
                c00 = F32x16.MultiplyAdd(F32x16.Splat(p0[at]), w0, c00);
                c10 = F32x16.MultiplyAdd(F32x16.Splat(p1[at]), w0, c10);
                c20 = F32x16.MultiplyAdd(F32x16.Splat(p2[at]), w0, c20);
                c30 = F32x16.MultiplyAdd(F32x16.Splat(p3[at]), w0, c30);
                c40 = F32x16.MultiplyAdd(F32x16.Splat(p4[at]), w0, c40);
                c50 = F32x16.MultiplyAdd(F32x16.Splat(p5[at]), w0, c50);
                c60 = F32x16.MultiplyAdd(F32x16.Splat(p6[at]), w0, c60);
                c70 = F32x16.MultiplyAdd(F32x16.Splat(p7[at]), w0, c70);
                w += Lanes;
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
        F32x16 c00 = F32x16.Load(finish.Bias);
        F32x16 c10 = c00;
        F32x16 c20 = c00;
        F32x16 c30 = c00;
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
                F32x16 w0 = F32x16.Load(w);
                c00 = F32x16.MultiplyAdd(F32x16.Splat(p0[at]), w0, c00);
                c10 = F32x16.MultiplyAdd(F32x16.Splat(p1[at]), w0, c10);
                c20 = F32x16.MultiplyAdd(F32x16.Splat(p2[at]), w0, c20);
                c30 = F32x16.MultiplyAdd(F32x16.Splat(p3[at]), w0, c30);
                w += Lanes;
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
