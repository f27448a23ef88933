using System.Runtime.CompilerServices;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Gemm;

/// <summary>
/// Where a register tile of products goes and what happens to it on the way:
/// c = epilogue(products + (accumulate ? c : 0) + scale * addend + residual).
/// </summary>
internal unsafe struct TileFinish
{
    /// <summary>First element of the tile.</summary>
    public float* C;

    /// <summary>Distance between rows of c and of the residual.</summary>
    public long Stride;

    /// <summary>Element (row, column) is at row * AddendRow + column * AddendColumn; null = no addend.</summary>
    public float* Addend;

    public long AddendRow;

    /// <summary>1, or 0 where all columns have the same addend.</summary>
    public int AddendColumn;

    public float AddendScale;

    /// <summary>Laid out like c, and perhaps the same memory; null = no residual.</summary>
    public float* Residual;

    /// <summary>Whether c holds the products of earlier depths.</summary>
    public bool Accumulate;

    /// <summary>Whether these are the products of the last depths, to which the epilogue applies.</summary>
    public bool Last;

    /// <summary>First parameter of the epilogue.</summary>
    public float Alpha;

    /// <summary>Second parameter of the epilogue.</summary>
    public float Beta;

    /// <summary>This for the part of the tile that starts at a row and a column.</summary>
    public readonly TileFinish At(int row, int column)
    {
        TileFinish part = this;
        part.C += (row * Stride) + column;
        part.Addend += Addend is null ? 0 : (row * AddendRow) + (column * AddendColumn);
        part.Residual += Residual is null ? 0 : (row * Stride) + column;
        return part;
    }

    /// <summary>Finishes and stores the lanes of one row that start at <paramref name="column"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TLanes, TEpilogue>(TLanes value, in TileFinish finish, long row, long column)
        where TLanes : struct, ILanes<TLanes>
        where TEpilogue : struct, IEpilogue
    {
        long at = (row * finish.Stride) + column;
        if (finish.Accumulate)
        {
            value = TLanes.Add(value, TLanes.Load(finish.C + at));
        }
        if (finish.Addend is not null)
        {
            float* addend = finish.Addend + (row * finish.AddendRow) + (column * finish.AddendColumn);
            TLanes added = finish.AddendColumn == 0 ? TLanes.Splat(*addend) : TLanes.Load(addend);
            value = TLanes.MultiplyAdd(added, TLanes.Splat(finish.AddendScale), value);
        }
        if (finish.Residual is not null)
        {
            value = TLanes.Add(value, TLanes.Load(finish.Residual + at));
        }
        if (finish.Last)
        {
            value = TEpilogue.Apply(value, finish.Alpha, finish.Beta);
        }
        TLanes.Store(value, finish.C + at);
    }
}
