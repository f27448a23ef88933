using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;

namespace Edge.Kernels.Movement;

/// <summary>
/// Transposition of a plane: the innermost axis ("columns") is dense in the output, another one ("rows") is dense in the
/// input. A unit is a strip of <see cref="StripRows"/> rows, so that each cache line read is used up before it is evicted.
/// </summary>
internal static class StridedTiles
{
    public const int StripRows = 16;

    /// <summary>Whether a plane of at least <paramref name="least"/> by <paramref name="least"/> is transposed.</summary>
    public static bool Fits(StridedCopyProblem problem, int elementBytes, int least)
    {
        StridedCopyProblem simple = problem.Simplify();
        int rows = RowAxis(simple);
        return simple.ElementBytes == elementBytes && rows >= 0 && simple.TargetStrides[^1] == elementBytes
            && simple.Dims[^1] >= least && simple.Dims[rows] >= least;
    }

    /// <summary>The axis that is dense in the input, or -1 where there is none besides the innermost.</summary>
    public static int RowAxis(StridedCopyProblem simple)
    {
        int axis = Array.LastIndexOf(simple.SourceStrides, simple.ElementBytes);
        return axis == simple.Dims.Length - 1 ? -1 : axis;
    }

    /// <summary>All axes but the two of the plane, then the strips.</summary>
    public static (int Dim, long Source, long Target)[] OuterAxes(StridedCopyProblem simple)
    {
        int rows = RowAxis(simple);
        var outer = new List<(int Dim, long Source, long Target)>();
        for (int i = 0; i < simple.Dims.Length - 1; i++)
        {
            if (i != rows)
            {
                outer.Add((simple.Dims[i], simple.SourceStrides[i], simple.TargetStrides[i]));
            }
        }
        int strips = (int)(((long)simple.Dims[rows] + StripRows - 1) / StripRows);
        outer.Add((strips, (long)StripRows * simple.ElementBytes, StripRows * simple.TargetStrides[rows]));
        return [.. outer];
    }
}

/// <summary>Strips of a transposition, one element at a time.</summary>
internal unsafe class StridedTiles<T> : StridedCopyKernel where T : unmanaged
{
    private readonly int _rows;
    private readonly long _strips;

    public StridedTiles(StridedCopyProblem problem)
        : base(problem, StridedTiles.OuterAxes(problem))
    {
        int rows = StridedTiles.RowAxis(problem);
        _rows = problem.Dims[rows];
        _strips = ((long)_rows + StridedTiles.StripRows - 1) / StridedTiles.StripRows;
        Columns = problem.Dims[^1];
        SourcePitch = problem.SourceStrides[^1];
        TargetPitch = problem.TargetStrides[rows];
    }

    protected int Columns { get; }

    /// <summary>Bytes from column to column in the input.</summary>
    protected long SourcePitch { get; }

    /// <summary>Bytes from row to row in the output.</summary>
    protected long TargetPitch { get; }

    protected sealed override void CopyUnit(byte* source, byte* target, long unit)
    {
        int strip = (int)(unit % _strips);
        CopyStrip(source, target, Math.Min(StridedTiles.StripRows, _rows - (strip * StridedTiles.StripRows)));
    }

    protected virtual void CopyStrip(byte* source, byte* target, int rows) => CopyRectangle(source, target, rows, Columns);

    /// <summary>Element by element, in blocks of columns whose source lines stay in the first-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected void CopyRectangle(byte* source, byte* target, int rows, int columns)
    {
        const int Block = 16;
        long pitch = SourcePitch;
        for (int first = 0; first < columns; first += Block)
        {
            int count = Math.Min(Block, columns - first);
            for (int row = 0; row < rows; row++)
            {
                byte* from = source + (first * pitch) + ((long)row * sizeof(T));
                byte* to = target + (row * TargetPitch) + ((long)first * sizeof(T));
                for (int i = 0; i < count; i++)
                {
                    Unsafe.WriteUnaligned(to + ((long)i * sizeof(T)), Unsafe.ReadUnaligned<T>(from));
                    from += pitch;
                }
            }
        }
    }
}

/// <summary>Strips of a transposition of 32-bit elements in 4x4 tiles held in registers.</summary>
internal sealed unsafe class StridedTilesX32(StridedCopyProblem problem) : StridedTiles<uint>(problem)
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void CopyStrip(byte* source, byte* target, int rows)
    {
        int wholeRows = rows & ~3;
        int wholeColumns = Columns & ~3;
        for (int column = 0; column < wholeColumns; column += 4)
        {
            byte* from = source + (column * SourcePitch);
            byte* to = target + ((long)column * sizeof(uint));
            for (int row = 0; row < wholeRows; row += 4)
            {
                Tile4x4.Transpose(from + ((long)row * sizeof(uint)), SourcePitch, to + (row * TargetPitch), TargetPitch);
            }
        }
        if (wholeColumns < Columns)
        {
            CopyRectangle(source + (wholeColumns * SourcePitch), target + ((long)wholeColumns * sizeof(uint)), wholeRows, Columns - wholeColumns);
        }
        if (wholeRows < rows)
        {
            CopyRectangle(source + ((long)wholeRows * sizeof(uint)), target + (wholeRows * TargetPitch), rows - wholeRows, Columns);
        }
    }
}
