using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// 8 (or 4) pixels by 8 output channels on arm64: inputs are loaded four channels at a time and multiplied by element, so that
/// 64 multiply-adds need 16 loads, where a broadcast for each input would make it 40. 16 sums, 8 inputs and 2 weights fill 26
/// of 32 registers.
/// </summary>
internal readonly unsafe struct PixelTileNeon : IPixelTile
{
    public static int Channels => 8;

    public static int Pixels => 8;

    public static int MostPixels => 8;

    public static int TakeChannels(int left) => Channels;

    public static int Take(int left, int channels) => left <= 4 ? left : Math.Min(left, 8);

    public static void Multiply<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        if (pixels > 4)
        {
            Multiply8<TEpilogue>(pixels, x, offsets, taps, tapCount, w, finish);
        }
        else
        {
            Multiply4<TEpilogue>(pixels, x, offsets, taps, tapCount, w, finish);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply8<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, in PixelFinish finish)
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
        Vector128<float> c00 = Vector128.Load(finish.Bias), c01 = Vector128.Load(finish.Bias + 4);
        Vector128<float> c10 = c00, c11 = c01;
        Vector128<float> c20 = c00, c21 = c01;
        Vector128<float> c30 = c00, c31 = c01;
        Vector128<float> c40 = c00, c41 = c01;
        Vector128<float> c50 = c00, c51 = c01;
        Vector128<float> c60 = c00, c61 = c01;
        Vector128<float> c70 = c00, c71 = c01;
        if (finish.Addend is not null)
        {
            AddFive(finish, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41);
            AddRest(finish, pixels, ref c50, ref c51, ref c60, ref c61, ref c70, ref c71);
        }
        Tap* end = taps + tapCount;
        for (; taps < end; taps++)
        {
            long at = taps->Offset;
            int lanes = taps->Lanes;
            for (; lanes >= 4; lanes -= 4, at += 4)
            {
                Vector128<float> x0 = Vector128.Load(p0 + at);
                Vector128<float> x1 = Vector128.Load(p1 + at);
                Vector128<float> x2 = Vector128.Load(p2 + at);
                Vector128<float> x3 = Vector128.Load(p3 + at);
                Vector128<float> x4 = Vector128.Load(p4 + at);
                Vector128<float> x5 = Vector128.Load(p5 + at);
                Vector128<float> x6 = Vector128.Load(p6 + at);
                Vector128<float> x7 = Vector128.Load(p7 + at);
                Vector128<float> w0 = Vector128.Load(w), w1 = Vector128.Load(w + 4);
                AddLane(ref c00, ref c01, w0, w1, x0, 0);
                AddLane(ref c10, ref c11, w0, w1, x1, 0);
                AddLane(ref c20, ref c21, w0, w1, x2, 0);
                AddLane(ref c30, ref c31, w0, w1, x3, 0);
                AddLane(ref c40, ref c41, w0, w1, x4, 0);
                AddLane(ref c50, ref c51, w0, w1, x5, 0);
                AddLane(ref c60, ref c61, w0, w1, x6, 0);
                AddLane(ref c70, ref c71, w0, w1, x7, 0);
                w0 = Vector128.Load(w + 8);
                w1 = Vector128.Load(w + 12);
                AddLane(ref c00, ref c01, w0, w1, x0, 1);
                AddLane(ref c10, ref c11, w0, w1, x1, 1);
                AddLane(ref c20, ref c21, w0, w1, x2, 1);
                AddLane(ref c30, ref c31, w0, w1, x3, 1);
                AddLane(ref c40, ref c41, w0, w1, x4, 1);
                AddLane(ref c50, ref c51, w0, w1, x5, 1);
                AddLane(ref c60, ref c61, w0, w1, x6, 1);
                AddLane(ref c70, ref c71, w0, w1, x7, 1);
                w0 = Vector128.Load(w + 16);
                w1 = Vector128.Load(w + 20);
                AddLane(ref c00, ref c01, w0, w1, x0, 2);
                AddLane(ref c10, ref c11, w0, w1, x1, 2);
                AddLane(ref c20, ref c21, w0, w1, x2, 2);
                AddLane(ref c30, ref c31, w0, w1, x3, 2);
                AddLane(ref c40, ref c41, w0, w1, x4, 2);
                AddLane(ref c50, ref c51, w0, w1, x5, 2);
                AddLane(ref c60, ref c61, w0, w1, x6, 2);
                AddLane(ref c70, ref c71, w0, w1, x7, 2);
                w0 = Vector128.Load(w + 24);
                w1 = Vector128.Load(w + 28);
                AddLane(ref c00, ref c01, w0, w1, x0, 3);
                AddLane(ref c10, ref c11, w0, w1, x1, 3);
                AddLane(ref c20, ref c21, w0, w1, x2, 3);
                AddLane(ref c30, ref c31, w0, w1, x3, 3);
                AddLane(ref c40, ref c41, w0, w1, x4, 3);
                AddLane(ref c50, ref c51, w0, w1, x5, 3);
                AddLane(ref c60, ref c61, w0, w1, x6, 3);
                AddLane(ref c70, ref c71, w0, w1, x7, 3);
                w += 32;
            }
            for (; lanes > 0; lanes--, at++, w += 8)
            {
                Vector128<float> w0 = Vector128.Load(w), w1 = Vector128.Load(w + 4);
                AddScalar(ref c00, ref c01, w0, w1, p0[at]);
                AddScalar(ref c10, ref c11, w0, w1, p1[at]);
                AddScalar(ref c20, ref c21, w0, w1, p2[at]);
                AddScalar(ref c30, ref c31, w0, w1, p3[at]);
                AddScalar(ref c40, ref c41, w0, w1, p4[at]);
                AddScalar(ref c50, ref c51, w0, w1, p5[at]);
                AddScalar(ref c60, ref c61, w0, w1, p6[at]);
                AddScalar(ref c70, ref c71, w0, w1, p7[at]);
            }
        }
        if (!finish.Last)
        {
            Store<IdentityEpilogue>(c00, c01, finish, 0);
            Store<IdentityEpilogue>(c10, c11, finish, 1);
            Store<IdentityEpilogue>(c20, c21, finish, 2);
            Store<IdentityEpilogue>(c30, c31, finish, 3);
            Store<IdentityEpilogue>(c40, c41, finish, 4);
            StoreRest<IdentityEpilogue>(finish, pixels, c50, c51, c60, c61, c70, c71);
            return;
        }
        Store<TEpilogue>(c00, c01, finish, 0);
        Store<TEpilogue>(c10, c11, finish, 1);
        Store<TEpilogue>(c20, c21, finish, 2);
        Store<TEpilogue>(c30, c31, finish, 3);
        Store<TEpilogue>(c40, c41, finish, 4);
        StoreRest<TEpilogue>(finish, pixels, c50, c51, c60, c61, c70, c71);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        float* p0 = x + offsets[0];
        float* p1 = x + offsets[1];
        float* p2 = x + offsets[2];
        float* p3 = x + offsets[3];
        Vector128<float> c00 = Vector128.Load(finish.Bias), c01 = Vector128.Load(finish.Bias + 4);
        Vector128<float> c10 = c00, c11 = c01;
        Vector128<float> c20 = c00, c21 = c01;
        Vector128<float> c30 = c00, c31 = c01;
        if (finish.Addend is not null)
        {
            Add(ref c00, ref c01, finish, 0);
            if (pixels > 1)
            {
                Add(ref c10, ref c11, finish, 1);
            }
            if (pixels > 2)
            {
                Add(ref c20, ref c21, finish, 2);
            }
            if (pixels > 3)
            {
                Add(ref c30, ref c31, finish, 3);
            }
        }
        Tap* end = taps + tapCount;
        for (; taps < end; taps++)
        {
            long at = taps->Offset;
            int lanes = taps->Lanes;
            for (; lanes >= 4; lanes -= 4, at += 4)
            {
                Vector128<float> x0 = Vector128.Load(p0 + at);
                Vector128<float> x1 = Vector128.Load(p1 + at);
                Vector128<float> x2 = Vector128.Load(p2 + at);
                Vector128<float> x3 = Vector128.Load(p3 + at);
                Vector128<float> w0 = Vector128.Load(w), w1 = Vector128.Load(w + 4);
                AddLane(ref c00, ref c01, w0, w1, x0, 0);
                AddLane(ref c10, ref c11, w0, w1, x1, 0);
                AddLane(ref c20, ref c21, w0, w1, x2, 0);
                AddLane(ref c30, ref c31, w0, w1, x3, 0);
                w0 = Vector128.Load(w + 8);
                w1 = Vector128.Load(w + 12);
                AddLane(ref c00, ref c01, w0, w1, x0, 1);
                AddLane(ref c10, ref c11, w0, w1, x1, 1);
                AddLane(ref c20, ref c21, w0, w1, x2, 1);
                AddLane(ref c30, ref c31, w0, w1, x3, 1);
                w0 = Vector128.Load(w + 16);
                w1 = Vector128.Load(w + 20);
                AddLane(ref c00, ref c01, w0, w1, x0, 2);
                AddLane(ref c10, ref c11, w0, w1, x1, 2);
                AddLane(ref c20, ref c21, w0, w1, x2, 2);
                AddLane(ref c30, ref c31, w0, w1, x3, 2);
                w0 = Vector128.Load(w + 24);
                w1 = Vector128.Load(w + 28);
                AddLane(ref c00, ref c01, w0, w1, x0, 3);
                AddLane(ref c10, ref c11, w0, w1, x1, 3);
                AddLane(ref c20, ref c21, w0, w1, x2, 3);
                AddLane(ref c30, ref c31, w0, w1, x3, 3);
                w += 32;
            }
            for (; lanes > 0; lanes--, at++, w += 8)
            {
                Vector128<float> w0 = Vector128.Load(w), w1 = Vector128.Load(w + 4);
                AddScalar(ref c00, ref c01, w0, w1, p0[at]);
                AddScalar(ref c10, ref c11, w0, w1, p1[at]);
                AddScalar(ref c20, ref c21, w0, w1, p2[at]);
                AddScalar(ref c30, ref c31, w0, w1, p3[at]);
            }
        }
        if (!finish.Last)
        {
            Store<IdentityEpilogue>(c00, c01, finish, 0);
            if (pixels > 1)
            {
                Store<IdentityEpilogue>(c10, c11, finish, 1);
            }
            if (pixels > 2)
            {
                Store<IdentityEpilogue>(c20, c21, finish, 2);
            }
            if (pixels > 3)
            {
                Store<IdentityEpilogue>(c30, c31, finish, 3);
            }
            return;
        }
        Store<TEpilogue>(c00, c01, finish, 0);
        if (pixels > 1)
        {
            Store<TEpilogue>(c10, c11, finish, 1);
        }
        if (pixels > 2)
        {
            Store<TEpilogue>(c20, c21, finish, 2);
        }
        if (pixels > 3)
        {
            Store<TEpilogue>(c30, c31, finish, 3);
        }
    }

    /// <summary>Both vectors of a pixel for one of four channels; <paramref name="lane"/> has to be a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddLane(ref Vector128<float> c0, ref Vector128<float> c1, Vector128<float> w0, Vector128<float> w1, Vector128<float> x, [ConstantExpected(Max = (byte)3)] byte lane)
    {
        c0 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c0, w0, x, lane);
        c1 = AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c1, w1, x, lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddScalar(ref Vector128<float> c0, ref Vector128<float> c1, Vector128<float> w0, Vector128<float> w1, float x)
    {
        Vector128<float> a = Vector128.Create(x);
        c0 = AdvSimd.FusedMultiplyAdd(c0, a, w0);
        c1 = AdvSimd.FusedMultiplyAdd(c1, a, w1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFive(
        in PixelFinish finish, ref Vector128<float> c00, ref Vector128<float> c01, ref Vector128<float> c10, ref Vector128<float> c11,
        ref Vector128<float> c20, ref Vector128<float> c21, ref Vector128<float> c30, ref Vector128<float> c31, ref Vector128<float> c40, ref Vector128<float> c41)
    {
        Add(ref c00, ref c01, finish, 0);
        Add(ref c10, ref c11, finish, 1);
        Add(ref c20, ref c21, finish, 2);
        Add(ref c30, ref c31, finish, 3);
        Add(ref c40, ref c41, finish, 4);
    }

    /// <summary>Pixels 5 to 7, as far as they exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRest(
        in PixelFinish finish, int pixels, ref Vector128<float> c50, ref Vector128<float> c51, ref Vector128<float> c60, ref Vector128<float> c61,
        ref Vector128<float> c70, ref Vector128<float> c71)
    {
        if (pixels > 5)
        {
            Add(ref c50, ref c51, finish, 5);
        }
        if (pixels > 6)
        {
            Add(ref c60, ref c61, finish, 6);
        }
        if (pixels > 7)
        {
            Add(ref c70, ref c71, finish, 7);
        }
    }

    /// <summary>Pixels 5 to 7, as far as they exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRest<TEpilogue>(
        in PixelFinish finish, int pixels, Vector128<float> c50, Vector128<float> c51, Vector128<float> c60, Vector128<float> c61,
        Vector128<float> c70, Vector128<float> c71) where TEpilogue : struct, IEpilogue
    {
        if (pixels > 5)
        {
            Store<TEpilogue>(c50, c51, finish, 5);
        }
        if (pixels > 6)
        {
            Store<TEpilogue>(c60, c61, finish, 6);
        }
        if (pixels > 7)
        {
            Store<TEpilogue>(c70, c71, finish, 7);
        }
    }

    /// <summary>Adds what lies where both vectors of a pixel go.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Vector128<float> c0, ref Vector128<float> c1, in PixelFinish finish, int pixel)
    {
        float* addend = finish.Addend + (pixel * Layouts.Block);
        c0 += Vector128.Load(addend);
        c1 += Vector128.Load(addend + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TEpilogue>(Vector128<float> first, Vector128<float> second, in PixelFinish finish, int pixel) where TEpilogue : struct, IEpilogue
    {
        float* y = finish.Y + (pixel * Layouts.Block);
        F32x4.Store(TEpilogue.Apply(new F32x4(first), finish.Alpha, finish.Beta), y);
        F32x4.Store(TEpilogue.Apply(new F32x4(second), finish.Alpha, finish.Beta), y + 4);
    }
}
