using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Kernels.Quantization;

/// <summary>
/// The products of AVX-VNNI in sums of 32 bits that wrap around. Processors without it do the same in more instructions of AVX2: rows for it are
/// chosen for processors that have it, but run on all that have AVX2, so that tests run their tiles there too.
/// </summary>
internal unsafe interface IVnniProducts
{
    /// <summary>As <see cref="IDotTile.InputOffset"/>.</summary>
    static abstract int InputOffset { get; }

    /// <summary>As <see cref="IDotTile.Place"/>.</summary>
    static abstract void Place(sbyte* run, int lanes, int lane, int at, short weight);

    /// <summary>Adds the products of a group of inputs to the sum of each lane.</summary>
    static abstract Vector256<int> Add(Vector256<int> sums, Vector256<int> inputs, Vector256<int> weights);
}

/// <summary>vpdpbusd: four unsigned bytes, the inputs + 128, by four signed ones.</summary>
internal readonly unsafe struct VnniBytes : IVnniProducts
{
    public static int InputOffset => 128;

    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => DotQuads.Place(run, lanes, lane, at, weight);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<int> inputs, Vector256<int> weights)
    {
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(sums, inputs.AsByte(), weights.AsSByte());
        }
        Vector256<short> x = inputs.AsInt16(), w = weights.AsInt16();
        Vector256<short> even = Avx2.And(x, Vector256.Create((short)0xFF)), odd = Avx2.ShiftRightLogical(x, 8);
        Vector256<short> evenWeights = Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(w, 8), 8), oddWeights = Avx2.ShiftRightArithmetic(w, 8);
        return Avx2.Add(Avx2.Add(sums, Avx2.MultiplyAddAdjacent(even, evenWeights)), Avx2.MultiplyAddAdjacent(odd, oddWeights));
    }
}

/// <summary>vpdpwssd: two words by two.</summary>
internal readonly unsafe struct VnniWords : IVnniProducts
{
    public static int InputOffset => 0;

    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => DotPairs.Place(run, lanes, lane, at, weight);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<int> inputs, Vector256<int> weights) =>
        AvxVnni.IsSupported
            ? AvxVnni.MultiplyWideningAndAdd(sums, inputs.AsInt16(), weights.AsInt16())
            : Avx2.Add(sums, Avx2.MultiplyAddAdjacent(inputs.AsInt16(), weights.AsInt16()));
}

/// <summary>AVX-VNNI: 4 pixels by 16 channels.</summary>
internal readonly unsafe struct DotTileVnni<TProducts> : IDotTile where TProducts : struct, IVnniProducts
{
    public static int MostPixels => 4;

    public static int InputOffset => TProducts.InputOffset;

    public static void Place(sbyte* run, int lanes, int lane, int at, short weight) => TProducts.Place(run, lanes, lane, at, weight);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd
    {
        Vector256<int> c00 = Vector256.Load(finish.Bias), c01 = Vector256.Load(finish.Bias + 8);
        Vector256<int> c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01;
        // To add 128 to a signed byte and take it as unsigned is to flip its sign.
        int flip = unchecked(TProducts.InputOffset * 0x01010101);
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
                Vector256<int> w0 = Vector256.Load((int*)w), w1 = Vector256.Load((int*)w + 8);
                Vector256<int> a = Vector256.Create(*(int*)p0 ^ flip);
                c00 = TProducts.Add(c00, a, w0);
                c01 = TProducts.Add(c01, a, w1);
                a = Vector256.Create(*(int*)p1 ^ flip);
                c10 = TProducts.Add(c10, a, w0);
                c11 = TProducts.Add(c11, a, w1);
                a = Vector256.Create(*(int*)p2 ^ flip);
                c20 = TProducts.Add(c20, a, w0);
                c21 = TProducts.Add(c21, a, w1);
                a = Vector256.Create(*(int*)p3 ^ flip);
                c30 = TProducts.Add(c30, a, w0);
                c31 = TProducts.Add(c31, a, w1);
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
}
