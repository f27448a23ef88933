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

    /// <summary>12 sums.</summary>
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

    /// <summary>8 sums, as many as keep two multiply-add units busy.</summary>
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

    /// <summary>Adds what lies where a vector goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Add(TLanes sum, in PixelFinish finish, int pixel, int vector) =>
        TLanes.Add(sum, TLanes.Load(finish.Addend + PixelFinish.Offset<TLanes>(finish, pixel, vector)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TLanes sum, in PixelFinish finish, int pixel, int vector) =>
        TLanes.Store(sum, finish.Y + PixelFinish.Offset<TLanes>(finish, pixel, vector));
}
