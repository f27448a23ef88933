using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>Weights for inputs of 16 bits, a lane's two of a group side by side.</summary>
internal static unsafe class DotPairs
{
    /// <summary>Inputs of a group.</summary>
    public const int Inputs = 2;

    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => ((short*)run)[(((at / Inputs * lanes) + lane) * Inputs) + (at % Inputs)] = weight;
}

/// <summary>Inputs of 16 bits: vpmaddwd sums the products of two of them, which weights of 8 bits keep below 2^24. 6 pixels by 16 channels in 12 of 16 registers.</summary>
internal readonly unsafe struct DotTileAvx2Words : IDotTile
{
    public static int MostPixels => 6;

    public static double PerFloat => 1.45;

    public static int InputOffset => 0;

    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => DotPairs.Place(run, lanes, lane, at, weight);

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
        Vector256<int> c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01, c40 = c00, c41 = c01, c50 = c00, c51 = c01;
        sbyte* x0 = x + offsets[0], x1 = x + offsets[1], x2 = x + offsets[2], x3 = x + offsets[3], x4 = x + offsets[4], x5 = x + offsets[5];
        for (DotRun* end = runs + runCount; runs < end; runs++)
        {
            long at = runs->Offset;
            for (long stop = at + (runs->Quads * 4L); at < stop; at += 4)
            {
                Vector256<short> w0 = Vector256.Load((short*)w), w1 = Vector256.Load((short*)w + 16);
                Vector256<short> a = Vector256.Create(*(int*)(x0 + at)).AsInt16();
                c00 = Avx2.Add(c00, Avx2.MultiplyAddAdjacent(a, w0));
                c01 = Avx2.Add(c01, Avx2.MultiplyAddAdjacent(a, w1));
                a = Vector256.Create(*(int*)(x1 + at)).AsInt16();
                c10 = Avx2.Add(c10, Avx2.MultiplyAddAdjacent(a, w0));
                c11 = Avx2.Add(c11, Avx2.MultiplyAddAdjacent(a, w1));
                a = Vector256.Create(*(int*)(x2 + at)).AsInt16();
                c20 = Avx2.Add(c20, Avx2.MultiplyAddAdjacent(a, w0));
                c21 = Avx2.Add(c21, Avx2.MultiplyAddAdjacent(a, w1));
                a = Vector256.Create(*(int*)(x3 + at)).AsInt16();
                c30 = Avx2.Add(c30, Avx2.MultiplyAddAdjacent(a, w0));
                c31 = Avx2.Add(c31, Avx2.MultiplyAddAdjacent(a, w1));
                a = Vector256.Create(*(int*)(x4 + at)).AsInt16();
                c40 = Avx2.Add(c40, Avx2.MultiplyAddAdjacent(a, w0));
                c41 = Avx2.Add(c41, Avx2.MultiplyAddAdjacent(a, w1));
                a = Vector256.Create(*(int*)(x5 + at)).AsInt16();
                c50 = Avx2.Add(c50, Avx2.MultiplyAddAdjacent(a, w0));
                c51 = Avx2.Add(c51, Avx2.MultiplyAddAdjacent(a, w1));
                w += 64;
            }
        }
        int* sums = stackalloc int[6 * 16];
        DotSums.Put(sums, c00, c01, c10, c11);
        DotSums.Put(sums + 32, c20, c21, c30, c31);
        DotSums.Put(sums + 64, c40, c41, c50, c51);
        TEnd.Store(pixels, 1, sums, finish);
    }

    /// <summary>At most 8 channels: half of the weights are zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void MultiplyHalf<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd
    {
        Vector256<int> c0 = Vector256.Load(finish.Bias), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
        sbyte* x0 = x + offsets[0], x1 = x + offsets[1], x2 = x + offsets[2], x3 = x + offsets[3], x4 = x + offsets[4], x5 = x + offsets[5];
        for (DotRun* end = runs + runCount; runs < end; runs++)
        {
            long at = runs->Offset;
            for (long stop = at + (runs->Quads * 4L); at < stop; at += 4)
            {
                Vector256<short> v = Vector256.Load((short*)w);
                c0 = Avx2.Add(c0, Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x0 + at)).AsInt16(), v));
                c1 = Avx2.Add(c1, Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x1 + at)).AsInt16(), v));
                c2 = Avx2.Add(c2, Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x2 + at)).AsInt16(), v));
                c3 = Avx2.Add(c3, Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x3 + at)).AsInt16(), v));
                c4 = Avx2.Add(c4, Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x4 + at)).AsInt16(), v));
                c5 = Avx2.Add(c5, Avx2.MultiplyAddAdjacent(Vector256.Create(*(int*)(x5 + at)).AsInt16(), v));
                w += 64;
            }
        }
        Vector256<int> none = Vector256<int>.Zero;
        int* sums = stackalloc int[6 * 16];
        DotSums.Put(sums, c0, none, c1, none);
        DotSums.Put(sums + 32, c2, none, c3, none);
        DotSums.Put(sums + 64, c4, none, c5, none);
        TEnd.Store(pixels, 1, sums, finish);
    }

    /// <summary>One pixel: matrix products of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyOne<TEnd>(sbyte* x, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd
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
                c0 = Avx2.Add(c0, Avx2.MultiplyAddAdjacent(a, Vector256.Load((short*)w)));
                c1 = Avx2.Add(c1, Avx2.MultiplyAddAdjacent(a, Vector256.Load((short*)w + 16)));
                p += 4;
            }
        }
        TEnd.Store(c0, c1, finish, 0);
    }
}

/// <summary>NEON, inputs of 16 bits: SMLAL by element, 4 pixels by 16 channels in 16 registers. The weights of one input for all lanes lie side by side.</summary>
internal readonly unsafe struct DotTileNeonWords : IDotTile
{
    public static int MostPixels => 4;

    public static int InputOffset => 0;

    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => ((short*)run)[(at * lanes) + lane] = weight;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd
    {
        Vector128<int> c00 = Vector128.Load(finish.Bias), c01 = Vector128.Load(finish.Bias + 4), c02 = Vector128.Load(finish.Bias + 8), c03 = Vector128.Load(finish.Bias + 12);
        Vector128<int> c10 = c00, c11 = c01, c12 = c02, c13 = c03;
        Vector128<int> c20 = c00, c21 = c01, c22 = c02, c23 = c03;
        Vector128<int> c30 = c00, c31 = c01, c32 = c02, c33 = c03;
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
                Vector64<short> a0 = Vector64.CreateScalarUnsafe(*(int*)p0).AsInt16(), a1 = Vector64.CreateScalarUnsafe(*(int*)p1).AsInt16();
                Vector64<short> a2 = Vector64.CreateScalarUnsafe(*(int*)p2).AsInt16(), a3 = Vector64.CreateScalarUnsafe(*(int*)p3).AsInt16();
                Vector64<short> w0 = Vector64.Load((short*)w), w1 = Vector64.Load((short*)w + 4), w2 = Vector64.Load((short*)w + 8), w3 = Vector64.Load((short*)w + 12);
                c00 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c00, w0, a0, 0);
                c01 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c01, w1, a0, 0);
                c10 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c10, w0, a1, 0);
                c11 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c11, w1, a1, 0);
                c20 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c20, w0, a2, 0);
                c21 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c21, w1, a2, 0);
                c30 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c30, w0, a3, 0);
                c31 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c31, w1, a3, 0);
                c02 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c02, w2, a0, 0);
                c03 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c03, w3, a0, 0);
                c12 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c12, w2, a1, 0);
                c13 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c13, w3, a1, 0);
                c22 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c22, w2, a2, 0);
                c23 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c23, w3, a2, 0);
                c32 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c32, w2, a3, 0);
                c33 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c33, w3, a3, 0);
                w0 = Vector64.Load((short*)w + 16);
                w1 = Vector64.Load((short*)w + 20);
                w2 = Vector64.Load((short*)w + 24);
                w3 = Vector64.Load((short*)w + 28);
                c00 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c00, w0, a0, 1);
                c01 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c01, w1, a0, 1);
                c10 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c10, w0, a1, 1);
                c11 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c11, w1, a1, 1);
                c20 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c20, w0, a2, 1);
                c21 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c21, w1, a2, 1);
                c30 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c30, w0, a3, 1);
                c31 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c31, w1, a3, 1);
                c02 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c02, w2, a0, 1);
                c03 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c03, w3, a0, 1);
                c12 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c12, w2, a1, 1);
                c13 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c13, w3, a1, 1);
                c22 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c22, w2, a2, 1);
                c23 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c23, w3, a2, 1);
                c32 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c32, w2, a3, 1);
                c33 = AdvSimd.MultiplyBySelectedScalarWideningLowerAndAdd(c33, w3, a3, 1);
                p0 += 4;
                p1 += 4;
                p2 += 4;
                p3 += 4;
            }
        }
        TEnd.Store(c00, c01, c02, c03, finish, 0);
        if (pixels > 1)
        {
            TEnd.Store(c10, c11, c12, c13, finish, 1);
        }
        if (pixels > 2)
        {
            TEnd.Store(c20, c21, c22, c23, finish, 2);
        }
        if (pixels > 3)
        {
            TEnd.Store(c30, c31, c32, c33, finish, 3);
        }
    }
}
