using System.Runtime.CompilerServices;

namespace Edge.Kernels.Quantization;

/// <summary>The transforms of integer Winograd F(4, 3) at the points 0, 1, -1, 2, -2, infinity; lanes are channels.</summary>
internal static unsafe class WinogradTransform
{
    /// <summary>1 / 9 modulo 2^32.</summary>
    private const int Ninth = 954437177;

    /// <summary>Transforms 6x6 positions.</summary>
    /// <param name="row">Bytes from row to row.</param>
    /// <param name="channels">Bytes from position to position.</param>
    /// <param name="depth">Channels to transform, a multiple of the lanes; what lies behind the last one is read.</param>
    /// <param name="v">First channel at the first point.</param>
    /// <param name="step">16-bit integers from point to point.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Input<TWords>(sbyte* x, long row, long channels, int depth, short* v, long step) where TWords : struct, IWordLanes<TWords>
    {
        int lanes = TWords.Count;
        short* rows = stackalloc short[WinogradTiling.Points * TWords.Count];
        for (int c = 0; c < depth; c += lanes)
        {
            sbyte* from = x + c;
            short* to = rows;
            for (int i = 0; i < WinogradTiling.Reads; i++)
            {
                Line(
                    TWords.Widen(from), TWords.Widen(from + channels), TWords.Widen(from + (2 * channels)), TWords.Widen(from + (3 * channels)),
                    TWords.Widen(from + (4 * channels)), TWords.Widen(from + (5 * channels)), to, lanes);
                from += row;
                to += WinogradTiling.Reads * lanes;
            }
            to = v + c;
            short* at = rows;
            for (int i = 0; i < WinogradTiling.Reads; i++)
            {
                Line(
                    TWords.Load(at), TWords.Load(at + (6 * lanes)), TWords.Load(at + (12 * lanes)), TWords.Load(at + (18 * lanes)),
                    TWords.Load(at + (24 * lanes)), TWords.Load(at + (30 * lanes)), to, step * WinogradTiling.Reads);
                at += lanes;
                to += step;
            }
        }
    }

    /// <summary>Transforms the products of some channels, as many as there are lanes, back to the sums of 4x4 positions.</summary>
    /// <param name="m">First lane at the first point.</param>
    /// <param name="step">32-bit integers from point to point.</param>
    /// <param name="bias">Numbers that are added, one per lane.</param>
    /// <param name="sums">(4, 4, lanes)</param>
    /// <param name="width">From position to position of the sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Output<TInts>(int* m, long step, int* bias, int* sums, int width) where TInts : struct, IIntLanes<TInts>
    {
        int lanes = TInts.Count;
        int* columns = stackalloc int[WinogradTiling.Reads * WinogradTiling.Side * TInts.Count];
        int* to = columns;
        for (int i = 0; i < WinogradTiling.Reads; i++)
        {
            Back(
                TInts.Load(m), TInts.Load(m + step), TInts.Load(m + (2 * step)), TInts.Load(m + (3 * step)), TInts.Load(m + (4 * step)), TInts.Load(m + (5 * step)),
                out TInts a, out TInts b, out TInts c, out TInts d);
            TInts.Store(a, to);
            TInts.Store(b, to + lanes);
            TInts.Store(c, to + (2 * lanes));
            TInts.Store(d, to + (3 * lanes));
            m += WinogradTiling.Reads * step;
            to += WinogradTiling.Side * lanes;
        }
        TInts addend = TInts.Load(bias), ninth = TInts.Splat(Ninth);
        int* at = columns;
        for (int i = 0; i < WinogradTiling.Side; i++)
        {
            Back(
                TInts.Load(at), TInts.Load(at + (4 * lanes)), TInts.Load(at + (8 * lanes)), TInts.Load(at + (12 * lanes)), TInts.Load(at + (16 * lanes)),
                TInts.Load(at + (20 * lanes)), out TInts a, out TInts b, out TInts c, out TInts d);
            TInts.Store(Divide(a, ninth, addend), sums);
            TInts.Store(Divide(b, ninth, addend), sums + (WinogradTiling.Side * width));
            TInts.Store(Divide(c, ninth, addend), sums + (2 * WinogradTiling.Side * width));
            TInts.Store(Divide(d, ninth, addend), sums + (3 * WinogradTiling.Side * width));
            at += lanes;
            sums += width;
        }
    }

    /// <summary>Six inputs along one axis: the rows of B^T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line<TWords>(TWords a, TWords b, TWords c, TWords d, TWords e, TWords f, short* to, long step) where TWords : struct, IWordLanes<TWords>
    {
        TWords b4 = b << 2;
        TWords p = e - (c << 2), q = d - b4, r = e - c, s = (d - b) << 1;
        TWords.Store((a << 2) - c + p, to);
        TWords.Store(p + q, to + step);
        TWords.Store(p - q, to + (2 * step));
        TWords.Store(r + s, to + (3 * step));
        TWords.Store(r - s, to + (4 * step));
        TWords.Store(b4 - d + (f - (d << 2)), to + (5 * step));
    }

    /// <summary>Four outputs along one axis: the rows of A^T, the last column four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back<TInts>(TInts m0, TInts m1, TInts m2, TInts m3, TInts m4, TInts m5, out TInts a, out TInts b, out TInts c, out TInts d)
        where TInts : struct, IIntLanes<TInts>
    {
        TInts s = m1 + m2, t = m3 + m4, u = m1 - m2, v = m3 - m4;
        a = m0 + s + t;
        b = u + (v << 1);
        c = s + (t << 2);
        d = u + (v << 3) + (m5 << 2);
    }

    /// <summary>Exactly by 576 = 64 * 9, and the bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TInts Divide<TInts>(TInts sums, TInts ninth, TInts addend) where TInts : struct, IIntLanes<TInts> => ((sums * ninth) >> 6) + addend;
}
