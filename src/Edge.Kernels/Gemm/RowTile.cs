using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Gemm;

/// <summary>One row of a product over one panel of b: matrix times vector, bound by the bandwidth of b.</summary>
internal static unsafe class RowTile<TLanes, TEpilogue>
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    private static int Columns => 2 * TLanes.Count;

    /// <summary>Computes the first <paramref name="columns"/> columns. Sums of every fourth depth go side by side, so that none waits for another.</summary>
    /// <param name="a">Value of depth k at k * <paramref name="stride"/>.</param>
    /// <param name="b">(depth, 2 vectors)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply(int depth, float* a, long stride, float* b, in TileFinish finish, int columns)
    {
        TLanes c00 = TLanes.Splat(0), c01 = TLanes.Splat(0);
        TLanes c10 = TLanes.Splat(0), c11 = TLanes.Splat(0);
        TLanes c20 = TLanes.Splat(0), c21 = TLanes.Splat(0);
        TLanes c30 = TLanes.Splat(0), c31 = TLanes.Splat(0);
        for (; depth >= 4; depth -= 4)
        {
            TLanes x = TLanes.Splat(a[0]);
            c00 = TLanes.MultiplyAdd(x, TLanes.Load(b), c00);
            c01 = TLanes.MultiplyAdd(x, TLanes.Load(b + TLanes.Count), c01);
            x = TLanes.Splat(a[stride]);
            c10 = TLanes.MultiplyAdd(x, TLanes.Load(b + (2 * TLanes.Count)), c10);
            c11 = TLanes.MultiplyAdd(x, TLanes.Load(b + (3 * TLanes.Count)), c11);
            x = TLanes.Splat(a[2 * stride]);
            c20 = TLanes.MultiplyAdd(x, TLanes.Load(b + (4 * TLanes.Count)), c20);
            c21 = TLanes.MultiplyAdd(x, TLanes.Load(b + (5 * TLanes.Count)), c21);
            x = TLanes.Splat(a[3 * stride]);
            c30 = TLanes.MultiplyAdd(x, TLanes.Load(b + (6 * TLanes.Count)), c30);
            c31 = TLanes.MultiplyAdd(x, TLanes.Load(b + (7 * TLanes.Count)), c31);
            a += 4 * stride;
            b += 8 * TLanes.Count;
        }
        for (; depth > 0; depth--)
        {
            TLanes x = TLanes.Splat(a[0]);
            c00 = TLanes.MultiplyAdd(x, TLanes.Load(b), c00);
            c01 = TLanes.MultiplyAdd(x, TLanes.Load(b + TLanes.Count), c01);
            a += stride;
            b += 2 * TLanes.Count;
        }
        TLanes first = TLanes.Add(TLanes.Add(c00, c20), TLanes.Add(c10, c30));
        TLanes second = TLanes.Add(TLanes.Add(c01, c21), TLanes.Add(c11, c31));
        if (columns == Columns)
        {
            TileFinish.Store<TLanes, TEpilogue>(first, finish, 0, 0);
            TileFinish.Store<TLanes, TEpilogue>(second, finish, 0, TLanes.Count);
            return;
        }
        float* products = stackalloc float[Columns];
        TLanes.Store(first, products);
        TLanes.Store(second, products + TLanes.Count);
        FinishRow(products, finish, 0, columns);
    }

    /// <summary>Finishes and stores the first <paramref name="columns"/> of a row of products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FinishRow(float* products, in TileFinish finish, int row, int columns)
    {
        int column = 0;
        for (; column <= columns - TLanes.Count; column += TLanes.Count)
        {
            TileFinish.Store<TLanes, TEpilogue>(TLanes.Load(products + column), finish, row, column);
        }
        for (; column < columns; column++)
        {
            TileFinish.Store<F32x1, TEpilogue>(F32x1.Load(products + column), finish, row, column);
        }
    }
}
