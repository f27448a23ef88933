using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Edge.Kernels.Quantization;

/// <summary>SDOT (Armv8.2): 4 pixels by 16 channels in 16 registers.</summary>
internal readonly unsafe struct DotTileNeonDot : IDotTile
{
    public static int MostPixels => 4;

    public static int InputOffset => 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
                Vector128<sbyte> w0 = Vector128.Load(w), w1 = Vector128.Load(w + 16), w2 = Vector128.Load(w + 32), w3 = Vector128.Load(w + 48);
                Vector128<sbyte> a = Vector128.Create(*(int*)p0).AsSByte();
                c00 = Dp.DotProduct(c00, w0, a);
                c01 = Dp.DotProduct(c01, w1, a);
                c02 = Dp.DotProduct(c02, w2, a);
                c03 = Dp.DotProduct(c03, w3, a);
                a = Vector128.Create(*(int*)p1).AsSByte();
                c10 = Dp.DotProduct(c10, w0, a);
                c11 = Dp.DotProduct(c11, w1, a);
                c12 = Dp.DotProduct(c12, w2, a);
                c13 = Dp.DotProduct(c13, w3, a);
                a = Vector128.Create(*(int*)p2).AsSByte();
                c20 = Dp.DotProduct(c20, w0, a);
                c21 = Dp.DotProduct(c21, w1, a);
                c22 = Dp.DotProduct(c22, w2, a);
                c23 = Dp.DotProduct(c23, w3, a);
                a = Vector128.Create(*(int*)p3).AsSByte();
                c30 = Dp.DotProduct(c30, w0, a);
                c31 = Dp.DotProduct(c31, w1, a);
                c32 = Dp.DotProduct(c32, w2, a);
                c33 = Dp.DotProduct(c33, w3, a);
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

/// <summary>
/// NEON without dot products: the products of two groups of four inputs are added in 16 bits (SMULL, SMLAL), which holds as
/// weights are not -128, and pairs of those sums in 32 bits (SADALP). 2 pixels by 16 channels in 16 registers.
/// </summary>
internal readonly unsafe struct DotTileNeon : IDotTile
{
    public static double PerFloat => 2;

    public static int MostPixels => 2;

    public static int InputOffset => 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TEnd>(int pixels, sbyte* x, int* offsets, DotRun* runs, int runCount, sbyte* w, in DotFinish finish)
        where TEnd : struct, IDotEnd
    {
        Vector128<int> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        Vector128<int> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default, b6 = default, b7 = default;
        DotRun* end = runs + runCount;
        for (; runs < end; runs++)
        {
            sbyte* p0 = x + offsets[0] + runs->Offset;
            sbyte* p1 = x + offsets[1] + runs->Offset;
            int quads = runs->Quads;
            for (; quads > 0; quads -= 2)
            {
                // An odd last group goes with itself, once with weights and once with zeros.
                bool alone = quads == 1;
                int second = alone ? 0 : 4;
                Vector64<sbyte> x0 = Vector64.Create(*(int*)p0).AsSByte(), x1 = Vector64.Create(*(int*)p1).AsSByte();
                Vector64<sbyte> y0 = Vector64.Create(alone ? 0 : *(int*)(p0 + second)).AsSByte(), y1 = Vector64.Create(alone ? 0 : *(int*)(p1 + second)).AsSByte();
                sbyte* v = alone ? w : w + 64;
                Vector128<sbyte> s = Vector128.Load(w), t = Vector128.Load(v);
                a0 = Add(a0, s.GetLower(), x0, t.GetLower(), y0);
                a1 = Add(a1, s.GetUpper(), x0, t.GetUpper(), y0);
                b0 = Add(b0, s.GetLower(), x1, t.GetLower(), y1);
                b1 = Add(b1, s.GetUpper(), x1, t.GetUpper(), y1);
                s = Vector128.Load(w + 16);
                t = Vector128.Load(v + 16);
                a2 = Add(a2, s.GetLower(), x0, t.GetLower(), y0);
                a3 = Add(a3, s.GetUpper(), x0, t.GetUpper(), y0);
                b2 = Add(b2, s.GetLower(), x1, t.GetLower(), y1);
                b3 = Add(b3, s.GetUpper(), x1, t.GetUpper(), y1);
                s = Vector128.Load(w + 32);
                t = Vector128.Load(v + 32);
                a4 = Add(a4, s.GetLower(), x0, t.GetLower(), y0);
                a5 = Add(a5, s.GetUpper(), x0, t.GetUpper(), y0);
                b4 = Add(b4, s.GetLower(), x1, t.GetLower(), y1);
                b5 = Add(b5, s.GetUpper(), x1, t.GetUpper(), y1);
                s = Vector128.Load(w + 48);
                t = Vector128.Load(v + 48);
                a6 = Add(a6, s.GetLower(), x0, t.GetLower(), y0);
                a7 = Add(a7, s.GetUpper(), x0, t.GetUpper(), y0);
                b6 = Add(b6, s.GetLower(), x1, t.GetLower(), y1);
                b7 = Add(b7, s.GetUpper(), x1, t.GetUpper(), y1);
                w = v + 64;
                p0 += 8;
                p1 += 8;
            }
        }
        Store<TEnd>(a0, a1, a2, a3, a4, a5, a6, a7, finish, 0);
        if (pixels > 1)
        {
            Store<TEnd>(b0, b1, b2, b3, b4, b5, b6, b7, finish, 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Add(Vector128<int> sums, Vector64<sbyte> w, Vector64<sbyte> x, Vector64<sbyte> v, Vector64<sbyte> y) =>
        AdvSimd.AddPairwiseWideningAndAdd(sums, AdvSimd.MultiplyWideningLowerAndAdd(AdvSimd.MultiplyWideningLower(w, x), v, y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TEnd>(
        Vector128<int> s0, Vector128<int> s1, Vector128<int> s2, Vector128<int> s3, Vector128<int> s4, Vector128<int> s5, Vector128<int> s6,
        Vector128<int> s7, in DotFinish finish, int pixel) where TEnd : struct, IDotEnd =>
        TEnd.Store(
            AdvSimd.Arm64.AddPairwise(s0, s1) + Vector128.Load(finish.Bias),
            AdvSimd.Arm64.AddPairwise(s2, s3) + Vector128.Load(finish.Bias + 4),
            AdvSimd.Arm64.AddPairwise(s4, s5) + Vector128.Load(finish.Bias + 8),
            AdvSimd.Arm64.AddPairwise(s6, s7) + Vector128.Load(finish.Bias + 12),
            finish,
            pixel);
}
