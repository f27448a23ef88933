using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// The register tile of blocked convolutions: some pixels by some output channels, summed over taps. Direct and pointwise
/// convolution, and the products of Winograd's algorithm, are sweeps of such tiles with different offsets.
/// </summary>
internal unsafe interface IPixelTile
{
    /// <summary>Output channels of the usual tile.</summary>
    static abstract int Channels { get; }

    /// <summary>Pixels of the usual tile.</summary>
    static abstract int Pixels { get; }

    /// <summary>Most pixels of one call.</summary>
    static abstract int MostPixels { get; }

    /// <summary>Output channels of the next tile where <paramref name="left"/> remain: weights are packed in groups of so many.</summary>
    static abstract int TakeChannels(int left);

    /// <summary>How many of <paramref name="left"/> pixels the next call had best take for a tile of so many channels.</summary>
    static abstract int Take(int left, int channels);

    /// <summary>Computes one tile of finish.Channels output channels.</summary>
    /// <param name="pixels">As <see cref="Take"/> gives it.</param>
    /// <param name="x">Start of the input.</param>
    /// <param name="offsets"><see cref="MostPixels"/> offsets of pixels in the input; those beyond <paramref name="pixels"/> are read and dropped.</param>
    /// <param name="taps">At least one.</param>
    /// <param name="w">(sum of lanes, finish.Channels)</param>
    /// <param name="prefetch">Memory that is wanted next; one cache line per tap is touched.</param>
    static abstract void Multiply<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue;
}

/// <summary>
/// 6 (or 4) pixels by 2 vectors of output channels in 12 (or 8) registers; where a vector is a block, 4 by 3 vectors for an odd
/// number of blocks, and 8 (or 4) by 1 for a single one.
/// </summary>
internal readonly unsafe partial struct PixelTile<TLanes> : IPixelTile where TLanes : struct, ILanes<TLanes>
{
    public static int Channels => 2 * TLanes.Count;

    public static int Pixels => 6;

    public static int MostPixels => 8;

    public static int TakeChannels(int left)
    {
        int blocks = Layouts.Blocks(left);
        return TLanes.Count == Layouts.Block && blocks is 1 or 3 ? blocks * Layouts.Block : Channels;
    }

    /// <summary>
    /// Sixes and fours, so that at most one place of one tile stays empty: fewer than 8 sums in flight would wait for each other.
    /// </summary>
    public static int Take(int left, int channels) => (channels / TLanes.Count) switch
    {
        1 => left <= 4 ? left : Math.Min(left, 8),
        3 => Math.Min(left, 4),
        _ => left <= 4 ? left : left is 7 or 8 ? 4 : Math.Min(left, 6),
    };

    public static void Multiply<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        if (TLanes.Count == Layouts.Block && finish.Channels != Channels)
        {
            MultiplyOdd<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
        }
        else if (pixels > 4)
        {
            Multiply6<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
        }
        else
        {
            Multiply4<TEpilogue>(pixels, x, offsets, taps, tapCount, w, prefetch, finish);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        float* p0 = x + offsets[0];
        float* p1 = x + offsets[1];
        float* p2 = x + offsets[2];
        float* p3 = x + offsets[3];
        float* p4 = x + offsets[4];
        float* p5 = x + offsets[5];
        TLanes c00 = TLanes.Load(finish.Bias), c01 = TLanes.Load(finish.Bias + TLanes.Count);
        TLanes c10 = c00, c11 = c01;
        TLanes c20 = c00, c21 = c01;
        TLanes c30 = c00, c31 = c01;
        TLanes c40 = c00, c41 = c01;
        TLanes c50 = c00, c51 = c01;
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
                TLanes a = TLanes.Splat(p0[at]);
                c00 = TLanes.MultiplyAdd(a, w0, c00);
                c01 = TLanes.MultiplyAdd(a, w1, c01);
                a = TLanes.Splat(p1[at]);
                c10 = TLanes.MultiplyAdd(a, w0, c10);
                c11 = TLanes.MultiplyAdd(a, w1, c11);
                a = TLanes.Splat(p2[at]);
                c20 = TLanes.MultiplyAdd(a, w0, c20);
                c21 = TLanes.MultiplyAdd(a, w1, c21);
                a = TLanes.Splat(p3[at]);
                c30 = TLanes.MultiplyAdd(a, w0, c30);
                c31 = TLanes.MultiplyAdd(a, w1, c31);
                a = TLanes.Splat(p4[at]);
                c40 = TLanes.MultiplyAdd(a, w0, c40);
                c41 = TLanes.MultiplyAdd(a, w1, c41);
                a = TLanes.Splat(p5[at]);
                c50 = TLanes.MultiplyAdd(a, w0, c50);
                c51 = TLanes.MultiplyAdd(a, w1, c51);
                w += 2 * TLanes.Count;
                at++;
            }
        }
        if (finish.IsPlain)
        {
            StorePlain<TEpilogue>(c00, c01, finish, 0);
            StorePlain<TEpilogue>(c10, c11, finish, 1);
            StorePlain<TEpilogue>(c20, c21, finish, 2);
            StorePlain<TEpilogue>(c30, c31, finish, 3);
            StorePlain<TEpilogue>(c40, c41, finish, 4);
            if (pixels > 5)
            {
                StorePlain<TEpilogue>(c50, c51, finish, 5);
            }
            return;
        }
        Store<TEpilogue>(c00, c01, finish, 0);
        Store<TEpilogue>(c10, c11, finish, 1);
        Store<TEpilogue>(c20, c21, finish, 2);
        Store<TEpilogue>(c30, c31, finish, 3);
        Store<TEpilogue>(c40, c41, finish, 4);
        if (pixels > 5)
        {
            Store<TEpilogue>(c50, c51, finish, 5);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4<TEpilogue>(int pixels, float* x, int* offsets, Tap* taps, int tapCount, float* w, byte* prefetch, in PixelFinish finish)
        where TEpilogue : struct, IEpilogue
    {
        float* p0 = x + offsets[0];
        float* p1 = x + offsets[1];
        float* p2 = x + offsets[2];
        float* p3 = x + offsets[3];
        TLanes c00 = TLanes.Load(finish.Bias), c01 = TLanes.Load(finish.Bias + TLanes.Count);
        TLanes c10 = c00, c11 = c01;
        TLanes c20 = c00, c21 = c01;
        TLanes c30 = c00, c31 = c01;
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
                TLanes a = TLanes.Splat(p0[at]);
                c00 = TLanes.MultiplyAdd(a, w0, c00);
                c01 = TLanes.MultiplyAdd(a, w1, c01);
                a = TLanes.Splat(p1[at]);
                c10 = TLanes.MultiplyAdd(a, w0, c10);
                c11 = TLanes.MultiplyAdd(a, w1, c11);
                a = TLanes.Splat(p2[at]);
                c20 = TLanes.MultiplyAdd(a, w0, c20);
                c21 = TLanes.MultiplyAdd(a, w1, c21);
                a = TLanes.Splat(p3[at]);
                c30 = TLanes.MultiplyAdd(a, w0, c30);
                c31 = TLanes.MultiplyAdd(a, w1, c31);
                w += 2 * TLanes.Count;
                at++;
            }
        }
        if (finish.IsPlain)
        {
            StorePlain<TEpilogue>(c00, c01, finish, 0);
            if (pixels > 1)
            {
                StorePlain<TEpilogue>(c10, c11, finish, 1);
            }
            if (pixels > 2)
            {
                StorePlain<TEpilogue>(c20, c21, finish, 2);
            }
            if (pixels > 3)
            {
                StorePlain<TEpilogue>(c30, c31, finish, 3);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePlain<TEpilogue>(TLanes first, TLanes second, in PixelFinish finish, int pixel) where TEpilogue : struct, IEpilogue
    {
        PixelFinish.StorePlain<TLanes, TEpilogue>(first, finish, pixel, 0);
        PixelFinish.StorePlain<TLanes, TEpilogue>(second, finish, pixel, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TEpilogue>(TLanes first, TLanes second, in PixelFinish finish, int pixel) where TEpilogue : struct, IEpilogue
    {
        PixelFinish.Store<TLanes, TEpilogue>(first, finish, pixel, 0);
        PixelFinish.Store<TLanes, TEpilogue>(second, finish, pixel, 1);
    }
}
