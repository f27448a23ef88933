using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Gemm;

/// <summary>
/// The micro-kernel of all matrix products: 6 rows by 2 vectors, summed in 12 registers over one panel of a
/// (depth, 6) and one of b (depth, 2 vectors).
/// </summary>
internal static unsafe class RegisterTile<TLanes, TEpilogue>
    where TLanes : struct, ILanes<TLanes>
    where TEpilogue : struct, IEpilogue
{
    public const int Rows = 6;

    /// <summary>Rows up to which each row is computed alone instead of filling a tile up with zeros.</summary>
    private const int FewRows = 2;

    public static int Columns => 2 * TLanes.Count;

    /// <summary>Computes the first <paramref name="rows"/> rows and <paramref name="columns"/> columns of a tile.</summary>
    public static void Multiply(int depth, float* a, float* b, in TileFinish finish, int rows, int columns)
    {
        if (rows == Rows && columns == Columns)
        {
            MultiplyFull(depth, a, b, finish);
        }
        else if (rows > FewRows)
        {
            MultiplyPart(depth, a, b, finish, rows, columns);
        }
        else
        {
            for (int row = 0; row < rows; row++)
            {
                MultiplyRow(depth, a + row, b, finish.At(row, 0), columns);
            }
        }
    }

    /// <param name="a">(depth, 6)</param>
    /// <param name="b">(depth, 2 vectors)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyFull(int depth, float* a, float* b, in TileFinish finish)
    {
        TLanes c00 = TLanes.Splat(0), c01 = TLanes.Splat(0);
        TLanes c10 = TLanes.Splat(0), c11 = TLanes.Splat(0);
        TLanes c20 = TLanes.Splat(0), c21 = TLanes.Splat(0);
        TLanes c30 = TLanes.Splat(0), c31 = TLanes.Splat(0);
        TLanes c40 = TLanes.Splat(0), c41 = TLanes.Splat(0);
        TLanes c50 = TLanes.Splat(0), c51 = TLanes.Splat(0);
        for (; depth > 0; depth--)
        {
            TLanes b0 = TLanes.Load(b);
            TLanes b1 = TLanes.Load(b + TLanes.Count);
            TLanes x = TLanes.Splat(a[0]);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            x = TLanes.Splat(a[1]);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            x = TLanes.Splat(a[2]);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            x = TLanes.Splat(a[3]);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            x = TLanes.Splat(a[4]);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            x = TLanes.Splat(a[5]);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            a += Rows;
            b += 2 * TLanes.Count;
        }
        TileFinish.Store<TLanes, TEpilogue>(c00, finish, 0, 0);
        TileFinish.Store<TLanes, TEpilogue>(c01, finish, 0, TLanes.Count);
        TileFinish.Store<TLanes, TEpilogue>(c10, finish, 1, 0);
        TileFinish.Store<TLanes, TEpilogue>(c11, finish, 1, TLanes.Count);
        TileFinish.Store<TLanes, TEpilogue>(c20, finish, 2, 0);
        TileFinish.Store<TLanes, TEpilogue>(c21, finish, 2, TLanes.Count);
        TileFinish.Store<TLanes, TEpilogue>(c30, finish, 3, 0);
        TileFinish.Store<TLanes, TEpilogue>(c31, finish, 3, TLanes.Count);
        TileFinish.Store<TLanes, TEpilogue>(c40, finish, 4, 0);
        TileFinish.Store<TLanes, TEpilogue>(c41, finish, 4, TLanes.Count);
        TileFinish.Store<TLanes, TEpilogue>(c50, finish, 5, 0);
        TileFinish.Store<TLanes, TEpilogue>(c51, finish, 5, TLanes.Count);
    }

    /// <summary>One row of a panel; bound by the bandwidth of b.</summary>
    /// <param name="a">(depth, 6), already moved to the row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void MultiplyRow(int depth, float* a, float* b, in TileFinish finish, int columns)
    {
        TLanes even0 = TLanes.Splat(0), even1 = TLanes.Splat(0);
        TLanes odd0 = TLanes.Splat(0), odd1 = TLanes.Splat(0);
        for (; depth >= 2; depth -= 2)
        {
            TLanes x = TLanes.Splat(a[0]);
            even0 = TLanes.MultiplyAdd(x, TLanes.Load(b), even0);
            even1 = TLanes.MultiplyAdd(x, TLanes.Load(b + TLanes.Count), even1);
            x = TLanes.Splat(a[Rows]);
            odd0 = TLanes.MultiplyAdd(x, TLanes.Load(b + (2 * TLanes.Count)), odd0);
            odd1 = TLanes.MultiplyAdd(x, TLanes.Load(b + (3 * TLanes.Count)), odd1);
            a += 2 * Rows;
            b += 4 * TLanes.Count;
        }
        if (depth > 0)
        {
            TLanes x = TLanes.Splat(a[0]);
            even0 = TLanes.MultiplyAdd(x, TLanes.Load(b), even0);
            even1 = TLanes.MultiplyAdd(x, TLanes.Load(b + TLanes.Count), even1);
        }
        even0 = TLanes.Add(even0, odd0);
        even1 = TLanes.Add(even1, odd1);
        if (columns == Columns)
        {
            TileFinish.Store<TLanes, TEpilogue>(even0, finish, 0, 0);
            TileFinish.Store<TLanes, TEpilogue>(even1, finish, 0, TLanes.Count);
            return;
        }
        float* products = stackalloc float[Columns];
        TLanes.Store(even0, products);
        TLanes.Store(even1, products + TLanes.Count);
        FinishPart(products, finish, 1, columns);
    }

    /// <summary>A tile that reaches beyond the matrix: products go through the stack.</summary>
    [SkipLocalsInit]
    private static void MultiplyPart(int depth, float* a, float* b, in TileFinish finish, int rows, int columns)
    {
        float* products = stackalloc float[Rows * Columns];
        RegisterTile<TLanes, IdentityEpilogue>.MultiplyFull(depth, a, b, new TileFinish { C = products, Stride = Columns });
        FinishPart(products, finish, rows, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FinishPart(float* products, in TileFinish finish, int rows, int columns)
    {
        for (int row = 0; row < rows; row++)
        {
            int column = 0;
            for (; column <= columns - TLanes.Count; column += TLanes.Count)
            {
                TileFinish.Store<TLanes, TEpilogue>(TLanes.Load(products + (row * Columns) + column), finish, row, column);
            }
            for (; column < columns; column++)
            {
                TileFinish.Store<F32x1, TEpilogue>(F32x1.Load(products + (row * Columns) + column), finish, row, column);
            }
        }
    }
}
