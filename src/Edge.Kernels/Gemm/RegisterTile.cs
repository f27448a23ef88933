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
                RowTile<TLanes, TEpilogue>.Multiply(depth, a + row, Rows, b, finish.At(row, 0), columns);
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

    /// <summary>A tile that reaches beyond the matrix: products go through the stack.</summary>
    [SkipLocalsInit]
    private static void MultiplyPart(int depth, float* a, float* b, in TileFinish finish, int rows, int columns)
    {
        float* products = stackalloc float[Rows * Columns];
        RegisterTile<TLanes, IdentityEpilogue>.MultiplyFull(depth, a, b, new TileFinish { C = products, Stride = Columns });
        for (int row = 0; row < rows; row++)
        {
            RowTile<TLanes, TEpilogue>.FinishRow(products + (row * Columns), finish, row, columns);
        }
    }
}
