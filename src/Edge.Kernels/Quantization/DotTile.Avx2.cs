using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Inputs of 0 to 127: a product with a weight and the next one fit 16 bits (127 * 128 * 2 &lt; 2^15), so vpmaddubsw does not saturate.
/// </summary>
internal readonly unsafe struct DotTileU7 : IDotTile
{
    public static double PerFloat => 1.9;

    public static int MostPixels => 4;

    public static int InputOffset => 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd
    {
        if (pixels == 1)
        {
            MultiplyOne<TEnd>(x + offsets[0], runs, runCount, w, finish);
            return;
        }
        if (finish.Channels <= 8)
        {
            MultiplyHalf<TEnd>(pixels, x, offsets, runs, runCount, w, finish);
            return;
        }
        Vector256<int> c00 = Vector256.Load(finish.Bias), c01 = Vector256.Load(finish.Bias + 8);
        Vector256<int> c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01;
        Vector256<short> ones = Vector256<short>.One;
        sbyte* x0 = x + offsets[0], x1 = x + offsets[1], x2 = x + offsets[2], x3 = x + offsets[3];
        for (DotRun* end = runs + runCount; runs < end; runs++)
        {
            long at = runs->Offset;
            for (long stop = at + (runs->Quads * 4L); at < stop; at += 4)
            {
                Vector256<sbyte> w0 = Vector256.Load(w), w1 = Vector256.Load(w + 32);
                Vector256<byte> a = Vector256.Create(*(int*)(x0 + at)).AsByte();
                c00 = Avx2.Add(c00, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, w0), ones));
                c01 = Avx2.Add(c01, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, w1), ones));
                a = Vector256.Create(*(int*)(x1 + at)).AsByte();
                c10 = Avx2.Add(c10, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, w0), ones));
                c11 = Avx2.Add(c11, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, w1), ones));
                a = Vector256.Create(*(int*)(x2 + at)).AsByte();
                c20 = Avx2.Add(c20, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, w0), ones));
                c21 = Avx2.Add(c21, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, w1), ones));
                a = Vector256.Create(*(int*)(x3 + at)).AsByte();
                c30 = Avx2.Add(c30, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, w0), ones));
                c31 = Avx2.Add(c31, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, w1), ones));
                w += 64;
            }
        }
        int* sums = stackalloc int[4 * 16];
        DotSums.Put(sums, c00, c01, c10, c11);
        DotSums.Put(sums + 32, c20, c21, c30, c31);
        TEnd.Store(pixels, 1, sums, finish);
    }

    /// <summary>At most 8 channels: half of the weights are zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void MultiplyHalf<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd
    {
        Vector256<int> c0 = Vector256.Load(finish.Bias), c1 = c0, c2 = c0, c3 = c0;
        Vector256<short> ones = Vector256<short>.One;
        sbyte* x0 = x + offsets[0], x1 = x + offsets[1], x2 = x + offsets[2], x3 = x + offsets[3];
        for (DotRun* end = runs + runCount; runs < end; runs++)
        {
            long at = runs->Offset;
            for (long stop = at + (runs->Quads * 4L); at < stop; at += 4)
            {
                Vector256<sbyte> v = Vector256.Load(w);
                c0 = Avx2.Add(c0, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x0 + at)).AsByte(), v), ones));
                c1 = Avx2.Add(c1, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x1 + at)).AsByte(), v), ones));
                c2 = Avx2.Add(c2, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x2 + at)).AsByte(), v), ones));
                c3 = Avx2.Add(c3, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x3 + at)).AsByte(), v), ones));
                w += 64;
            }
        }
        Vector256<int> none = Vector256<int>.Zero;
        int* sums = stackalloc int[4 * 16];
        DotSums.Put(sums, c0, none, c1, none);
        DotSums.Put(sums + 32, c2, none, c3, none);
        TEnd.Store(pixels, 1, sums, finish);
    }

    /// <summary>One pixel: matrix products of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyOne<TEnd>(sbyte* x, DotRun* runs, int runCount, sbyte* w, in DotFinish finish) where TEnd : struct, IDotEnd
    {
        Vector256<int> c0 = Vector256.Load(finish.Bias), c1 = Vector256.Load(finish.Bias + 8);
        Vector256<short> ones = Vector256<short>.One;
        DotRun* end = runs + runCount;
        for (; runs < end; runs++)
        {
            sbyte* p = x + runs->Offset;
            sbyte* stop = w + ((long)runs->Quads * 64);
            for (; w < stop; w += 64)
            {
                Vector256<byte> a = Vector256.Create(*(int*)p).AsByte();
                c0 = Avx2.Add(c0, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, Vector256.Load(w)), ones));
                c1 = Avx2.Add(c1, Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(a, Vector256.Load(w + 32)), ones));
                p += 4;
            }
        }
        TEnd.Store(c0, c1, finish, 0);
    }
}

/// <summary>Any inputs: even and odd bytes are widened to 16 bits in registers and multiplied by vpmaddwd, which is exact.</summary>
internal readonly unsafe struct DotTileS16 : IDotTile
{
    public static double PerFloat => 1.05;

    public static int MostPixels => 4;

    public static int InputOffset => 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd
    {
        if (pixels == 1)
        {
            MultiplyOne<TEnd>(x + offsets[0], runs, runCount, w, finish);
            return;
        }
        Vector256<int> c00 = Vector256.Load(finish.Bias), c01 = Vector256.Load(finish.Bias + 8);
        Vector256<int> c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01;
        DotRun* end = runs + runCount;
        for (; runs < end; runs++)
        {
            sbyte* p0 = x + offsets[0] + runs->Offset;
            sbyte* p1 = x + offsets[1] + runs->Offset;
            sbyte* p2 = x + offsets[2] + runs->Offset;
            sbyte* p3 = x + offsets[3] + runs->Offset;
            sbyte* stop = w + ((long)runs->Quads * 64);
            for (; w < stop; w += 64)
            {
                Vector256<short> w0 = Vector256.Load(w).AsInt16(), w1 = Vector256.Load(w + 32).AsInt16();
                Vector256<short> e0 = Even(w0), e1 = Even(w1);
                w0 = Odd(w0);
                w1 = Odd(w1);
                Vector256<short> a = Vector256.Create(*(int*)p0).AsInt16();
                Vector256<short> b = Even(a);
                a = Odd(a);
                c00 = Avx2.Add(Avx2.Add(c00, Avx2.MultiplyAddAdjacent(a, w0)), Avx2.MultiplyAddAdjacent(b, e0));
                c01 = Avx2.Add(Avx2.Add(c01, Avx2.MultiplyAddAdjacent(a, w1)), Avx2.MultiplyAddAdjacent(b, e1));
                a = Vector256.Create(*(int*)p1).AsInt16();
                b = Even(a);
                a = Odd(a);
                c10 = Avx2.Add(Avx2.Add(c10, Avx2.MultiplyAddAdjacent(a, w0)), Avx2.MultiplyAddAdjacent(b, e0));
                c11 = Avx2.Add(Avx2.Add(c11, Avx2.MultiplyAddAdjacent(a, w1)), Avx2.MultiplyAddAdjacent(b, e1));
                a = Vector256.Create(*(int*)p2).AsInt16();
                b = Even(a);
                a = Odd(a);
                c20 = Avx2.Add(Avx2.Add(c20, Avx2.MultiplyAddAdjacent(a, w0)), Avx2.MultiplyAddAdjacent(b, e0));
                c21 = Avx2.Add(Avx2.Add(c21, Avx2.MultiplyAddAdjacent(a, w1)), Avx2.MultiplyAddAdjacent(b, e1));
                a = Vector256.Create(*(int*)p3).AsInt16();
                b = Even(a);
                a = Odd(a);
                c30 = Avx2.Add(Avx2.Add(c30, Avx2.MultiplyAddAdjacent(a, w0)), Avx2.MultiplyAddAdjacent(b, e0));
                c31 = Avx2.Add(Avx2.Add(c31, Avx2.MultiplyAddAdjacent(a, w1)), Avx2.MultiplyAddAdjacent(b, e1));
                p0 += 4;
                p1 += 4;
                p2 += 4;
                p3 += 4;
            }
        }
        int* sums = stackalloc int[4 * 16];
        DotSums.Put(sums, c00, c01, c10, c11);
        DotSums.Put(sums + 32, c20, c21, c30, c31);
        TEnd.Store(pixels, 1, sums, finish);
    }

    /// <summary>One pixel: matrix products of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyOne<TEnd>(sbyte* x, DotRun* runs, int runCount, sbyte* w, in DotFinish finish) where TEnd : struct, IDotEnd
    {
        Vector256<int> c0 = Vector256.Load(finish.Bias), c1 = Vector256.Load(finish.Bias + 8);
        DotRun* end = runs + runCount;
        for (; runs < end; runs++)
        {
            sbyte* p = x + runs->Offset;
            sbyte* stop = w + ((long)runs->Quads * 64);
            for (; w < stop; w += 64)
            {
                Vector256<short> a = Vector256.Create(*(int*)p).AsInt16();
                Vector256<short> w0 = Vector256.Load(w).AsInt16(), w1 = Vector256.Load(w + 32).AsInt16();
                Vector256<short> b = Even(a);
                a = Odd(a);
                c0 = Avx2.Add(Avx2.Add(c0, Avx2.MultiplyAddAdjacent(a, Odd(w0))), Avx2.MultiplyAddAdjacent(b, Even(w0)));
                c1 = Avx2.Add(Avx2.Add(c1, Avx2.MultiplyAddAdjacent(a, Odd(w1))), Avx2.MultiplyAddAdjacent(b, Even(w1)));
                p += 4;
            }
        }
        TEnd.Store(c0, c1, finish, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Even(Vector256<short> bytes) => Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(bytes, 8), 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Odd(Vector256<short> bytes) => Avx2.ShiftRightArithmetic(bytes, 8);
}
