using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>The transforms of integer Winograd F(4, 3) at the points 0, 1, -1, 2, -2, infinity; vectors are channels.</summary>
internal static unsafe class WinogradTransform
{
    /// <summary>1 / 9 modulo 2^32.</summary>
    private const int Ninth = 954437177;

    /// <summary>Transforms 6x6 positions.</summary>
    /// <param name="row">Bytes from row to row.</param>
    /// <param name="channels">Bytes from position to position.</param>
    /// <param name="depth">Channels to transform, a multiple of 32; what lies behind the last one is read.</param>
    /// <param name="v">First channel at the first point.</param>
    /// <param name="step">16-bit integers from point to point.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Input(sbyte* x, long row, long channels, int depth, short* v, long step)
    {
        const int Lanes = 32;
        short* rows = stackalloc short[WinogradTiling.Points * Lanes];
        for (int c = 0; c < depth; c += Lanes)
        {
            sbyte* from = x + c;
            short* to = rows;
            for (int i = 0; i < WinogradTiling.Reads; i++)
            {
                Line(
                    Load(from), Load(from + channels), Load(from + (2 * channels)), Load(from + (3 * channels)), Load(from + (4 * channels)), Load(from + (5 * channels)),
                    to, Lanes);
                from += row;
                to += WinogradTiling.Reads * Lanes;
            }
            to = v + c;
            short* at = rows;
            for (int i = 0; i < WinogradTiling.Reads; i++)
            {
                Line(
                    Vector512.Load(at), Vector512.Load(at + (6 * Lanes)), Vector512.Load(at + (12 * Lanes)), Vector512.Load(at + (18 * Lanes)),
                    Vector512.Load(at + (24 * Lanes)), Vector512.Load(at + (30 * Lanes)), to, step * WinogradTiling.Reads);
                at += Lanes;
                to += step;
            }
        }
    }

    /// <summary>Transforms the products of 16 channels back to the sums of 4x4 positions.</summary>
    /// <param name="m">First lane at the first point.</param>
    /// <param name="step">32-bit integers from point to point.</param>
    /// <param name="bias">16 numbers that are added.</param>
    /// <param name="sums">(4, 4, lanes)</param>
    /// <param name="lanes">From position to position of the sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Output(int* m, long step, int* bias, int* sums, int lanes)
    {
        const int Lanes = 16;
        int* columns = stackalloc int[WinogradTiling.Reads * WinogradTiling.Side * Lanes];
        int* to = columns;
        for (int i = 0; i < WinogradTiling.Reads; i++)
        {
            Back(
                Vector512.Load(m), Vector512.Load(m + step), Vector512.Load(m + (2 * step)), Vector512.Load(m + (3 * step)), Vector512.Load(m + (4 * step)),
                Vector512.Load(m + (5 * step)), out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d);
            a.Store(to);
            b.Store(to + Lanes);
            c.Store(to + (2 * Lanes));
            d.Store(to + (3 * Lanes));
            m += WinogradTiling.Reads * step;
            to += WinogradTiling.Side * Lanes;
        }
        Vector512<int> addend = Vector512.Load(bias), ninth = Vector512.Create(Ninth);
        int* at = columns;
        for (int i = 0; i < WinogradTiling.Side; i++)
        {
            Back(
                Vector512.Load(at), Vector512.Load(at + (4 * Lanes)), Vector512.Load(at + (8 * Lanes)), Vector512.Load(at + (12 * Lanes)),
                Vector512.Load(at + (16 * Lanes)), Vector512.Load(at + (20 * Lanes)), out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d);
            Divide(a, ninth, addend).Store(sums);
            Divide(b, ninth, addend).Store(sums + (WinogradTiling.Side * lanes));
            Divide(c, ninth, addend).Store(sums + (2 * WinogradTiling.Side * lanes));
            Divide(d, ninth, addend).Store(sums + (3 * WinogradTiling.Side * lanes));
            at += Lanes;
            sums += lanes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Load(sbyte* x) => Avx512BW.ConvertToVector512Int16(Vector256.Load(x));

    /// <summary>Six inputs along one axis: the rows of B^T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line(Vector512<short> a, Vector512<short> b, Vector512<short> c, Vector512<short> d, Vector512<short> e, Vector512<short> f, short* to, long step)
    {
        Vector512<short> b4 = b << 2;
        Vector512<short> p = e - (c << 2), q = d - b4, r = e - c, s = (d - b) << 1;
        ((a << 2) - c + p).Store(to);
        (p + q).Store(to + step);
        (p - q).Store(to + (2 * step));
        (r + s).Store(to + (3 * step));
        (r - s).Store(to + (4 * step));
        (b4 - d + (f - (d << 2))).Store(to + (5 * step));
    }

    /// <summary>Four outputs along one axis: the rows of A^T, the last column four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Back(
        Vector512<int> m0, Vector512<int> m1, Vector512<int> m2, Vector512<int> m3, Vector512<int> m4, Vector512<int> m5,
        out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d)
    {
        Vector512<int> s = m1 + m2, t = m3 + m4, u = m1 - m2, v = m3 - m4;
        a = m0 + s + t;
        b = u + (v << 1);
        c = s + (t << 2);
        d = u + (v << 3) + (m5 << 2);
    }

    /// <summary>Exactly by 576 = 64 * 9, and the bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Divide(Vector512<int> sums, Vector512<int> ninth, Vector512<int> addend) => ((sums * ninth) >> 6) + addend;
}
