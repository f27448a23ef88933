using System.Runtime.CompilerServices;

namespace Edge.Kernels.Quantization;

/// <summary>The transforms of integer F(4, 4) along a line at the points 0, 1, -1, 2, -2, 1/2, infinity; lanes are channels.</summary>
internal static unsafe class WinogradLineTransform
{
    /// <summary>Outputs of a tile, and taps of a piece of the filter.</summary>
    public const int Side = 4;

    public const int Points = (2 * Side) - 1;

    /// <summary>1 / 45 modulo 2^32: results are 360 = 8 * 45 times the sums.</summary>
    private const int FortyFifth = unchecked((int)2767867813);

    /// <summary>
    /// The rows of G, each times the least number that makes it whole: the four weights of a piece at each point. Their magnitudes are at most 15 times those of the weights.
    /// </summary>
    public static readonly short[,] Filter = { { -1, 0, 0, 0 }, { -1, -1, -1, -1 }, { 1, -1, 1, -1 }, { 1, 2, 4, 8 }, { -1, 2, -4, 8 }, { 8, 4, 2, 1 }, { 0, 0, 0, 1 } };

    /// <summary>Transforms seven positions by the rows of B^T, whose magnitudes add up to at most 30.</summary>
    /// <param name="position">Bytes from position to position.</param>
    /// <param name="depth">Channels to transform, a multiple of the lanes; what lies behind the last one is read.</param>
    /// <param name="v">First channel at the first point.</param>
    /// <param name="step">16-bit integers from point to point.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input<TWords>(sbyte* x, long position, int depth, short* v, long step) where TWords : struct, IWordLanes<TWords>
    {
        for (int channel = 0; channel < depth; channel += TWords.Count)
        {
            sbyte* from = x + channel;
            short* to = v + channel;
            TWords a = TWords.Widen(from), b = TWords.Widen(from + position), c = TWords.Widen(from + (2 * position)), d = TWords.Widen(from + (3 * position));
            TWords e = TWords.Widen(from + (4 * position)), f = TWords.Widen(from + (5 * position)), g = TWords.Widen(from + (6 * position));
            TWords f2 = f << 1, b4 = b << 2, c3 = (c << 1) + c, c5 = (c << 2) + c, d5 = (d << 2) + d, e3 = (e << 1) + e, e5 = (e << 2) + e;
            TWords.Store((b << 3) - (a << 2) + c5 - (d5 << 1) - e + f2, to);
            TWords.Store(b4 - (c << 2) - (d5 << 1) + d + e + f2, to + step);
            TWords.Store((c3 << 2) - b4 - (d << 3) + d - e3 + f2, to + (2 * step));
            TWords.Store((b << 1) - c3 - (d << 2) + e3 + f2, to + (3 * step));
            TWords.Store(c5 - (b << 1) - e5 + f2, to + (4 * step));
            TWords.Store(b4 - d5 + f, to + (5 * step));
            TWords.Store((c << 3) - b4 + d5 - (e5 << 1) - f + (g << 1), to + (6 * step));
        }
    }

    /// <summary>Transforms the products of some channels, as many as there are lanes, back to the sums of four positions.</summary>
    /// <param name="m">First lane at the first point.</param>
    /// <param name="step">32-bit integers from point to point.</param>
    /// <param name="bias">Numbers that are added, one per lane.</param>
    /// <param name="sums">(4, width)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output<TInts>(int* m, long step, int* bias, int* sums, int width) where TInts : struct, IIntLanes<TInts>
    {
        TInts m1 = TInts.Load(m + step), m2 = TInts.Load(m + (2 * step)), m3 = TInts.Load(m + (3 * step)), m4 = TInts.Load(m + (4 * step)), m5 = TInts.Load(m + (5 * step));
        TInts p = ((m1 << 4) - m1) << 2, q = ((m2 << 2) + m2) << 2, r = (m3 << 2) + m3, s = (m4 << 1) + m4;
        TInts even = p + q, odd = p - q;
        TInts whole = TInts.Splat(FortyFifth), addend = TInts.Load(bias);
        TInts.Store(Divide(even + r + s + (m5 << 5) + (TInts.Load(m) * TInts.Splat(90)), whole, addend), sums);
        TInts.Store(Divide(odd + ((r - s) << 1) + (m5 << 4), whole, addend), sums + width);
        TInts.Store(Divide(even + ((r + s) << 2) + (m5 << 3), whole, addend), sums + (2 * width));
        TInts.Store(Divide(odd + ((r - s) << 3) + (m5 << 2) + (TInts.Load(m + (6 * step)) * TInts.Splat(180)), whole, addend), sums + (3 * width));
    }

    /// <summary>Exactly by 360, and the bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TInts Divide<TInts>(TInts sums, TInts whole, TInts addend) where TInts : struct, IIntLanes<TInts> => ((sums * whole) >> 3) + addend;
}
