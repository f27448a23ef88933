using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Movement;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Makes the vector rows of windowed pooling.</summary>
internal static class PoolRows
{
    public static bool Fits(PoolProblem problem) =>
        problem.Type == DataType.F32 && problem.Layout == Layout.Planar && !problem.HasIndices && problem.Planes > 0 && problem.Input.Count > 0 && problem.Output.Count > 0
        && WindowRows.Fits(problem.Output, problem.Window);

    public static bool FitsNorm(PoolProblem problem) => Fits(problem) && problem.P is 1 or 2;

    public static Kernel Create<TLanes, TFormula>(PoolProblem problem)
        where TLanes : struct, ILanes<TLanes>
        where TFormula : struct, IPoolFormula => new PoolRows<TLanes, TFormula>(problem);

    public static Kernel CreateNorm<TLanes>(PoolProblem problem) where TLanes : struct, ILanes<TLanes> =>
        problem.P == 1 ? new PoolRows<TLanes, L1Formula>(problem) : new PoolRows<TLanes, L2Formula>(problem);
}

/// <summary>Pools four output rows by one vector at a time, from input rows rearranged so that every tap is a contiguous load.</summary>
internal sealed unsafe class PoolRows<TLanes, TFormula> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TFormula : struct, IPoolFormula
{
    private const int RowBlock = 4;

    private readonly PoolProblem _problem;
    private readonly WindowRows _rows;
    private readonly AlignedBuffer _tapOffsets;
    private readonly AlignedBuffer _columnCounts;
    private readonly int[] _sliceCounts;
    private readonly int[] _rowCounts;
    private readonly int _taps;
    private readonly int _planesPerTile;

    public PoolRows(PoolProblem problem) : base(1)
    {
        _problem = problem;
        _rows = new WindowRows(problem.Input, problem.Output, problem.Window, TLanes.Count);
        _taps = (int)problem.Window.Kernel.Count;
        _tapOffsets = _rows.TapOffsets();
        _sliceCounts = PoolCounts.Along(problem, 0);
        _rowCounts = PoolCounts.Along(problem, 1);
        int[] columns = PoolCounts.Along(problem, 2);
        _columnCounts = new AlignedBuffer((columns.Length + TLanes.Count) * sizeof(float));
        for (int i = 0; i < columns.Length + TLanes.Count; i++)
        {
            ((float*)_columnCounts.Data)[i] = i < columns.Length ? columns[i] : 1;
        }
        _planesPerTile = _rows.PlanesPerTile(problem.Planes);
        SetTiles((problem.Planes + _planesPerTile - 1) / _planesPerTile * _rows.Bands, _rows.ScratchFloats * sizeof(float));
    }

    public override long PackedBytes => _tapOffsets.Bytes + _columnCounts.Bytes;

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        long first = (long)(tile / _rows.Bands) * _planesPerTile;
        long last = Math.Min(_problem.Planes, first + _planesPerTile);
        for (long plane = first; plane < last; plane++)
        {
            RunBand(arguments, plane, tile % _rows.Bands, (float*)scratch);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _tapOffsets.Dispose();
        _columnCounts.Dispose();
    }

    private void RunBand(in TileArguments arguments, long plane, int band, float* scratch)
    {
        int rows = _rows.Fill(arguments.Input(0) + (plane * _problem.Input.Count), band, TFormula.Start, scratch);
        float* y = (float*)arguments.Output + (plane * _problem.Output.Count) + _rows.FirstOutput(band);
        int slice = _sliceCounts[_rows.Slice(band)];
        int firstRow = _rows.FirstRow(band);
        int width = _problem.Output.W;
        for (int column = 0; column < width; column += TLanes.Count)
        {
            for (int row = 0; row < rows; row += RowBlock)
            {
                PoolBlock(scratch + (row * _rows.RowStep) + column, y + ((long)row * width) + column, Math.Min(RowBlock, rows - row), column, slice, firstRow + row);
            }
        }
    }

    /// <param name="rows">1 to 4; where fewer than 4 are left the last one is computed again.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PoolBlock(float* x, float* y, int rows, int column, int slice, int outputRow)
    {
        int* offsets = (int*)_tapOffsets.Data;
        long step = _rows.RowStep;
        float* x1 = x + (Math.Min(1, rows - 1) * step);
        float* x2 = x + (Math.Min(2, rows - 1) * step);
        float* x3 = x + (Math.Min(3, rows - 1) * step);
        TLanes p0 = TLanes.Splat(TFormula.Start), p1 = p0, p2 = p0, p3 = p0;
        int taps = _taps;
        for (int t = 0; t < taps; t++)
        {
            int offset = offsets[t];
            p0 = TFormula.Add(p0, TLanes.Load(x + offset));
            p1 = TFormula.Add(p1, TLanes.Load(x1 + offset));
            p2 = TFormula.Add(p2, TLanes.Load(x2 + offset));
            p3 = TFormula.Add(p3, TLanes.Load(x3 + offset));
        }
        Store(p0, y, 0, rows, column, slice, outputRow);
        Store(p1, y, 1, rows, column, slice, outputRow);
        Store(p2, y, 2, rows, column, slice, outputRow);
        Store(p3, y, 3, rows, column, slice, outputRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(TLanes pooled, float* y, int row, int rows, int column, int slice, int outputRow)
    {
        if (row >= rows)
        {
            return;
        }
        // An empty window sums to 0 and counts as one value, so that its average is 0.
        TLanes count = TLanes.Multiply(TLanes.Load((float*)_columnCounts.Data + column), TLanes.Splat((float)((long)slice * _rowCounts[outputRow + row])));
        TLanes result = TFormula.Finish(pooled, TLanes.Max(count, TLanes.Splat(1)));
        float* target = y + ((long)row * _problem.Output.W);
        int columns = _problem.Output.W - column;
        if (columns >= TLanes.Count)
        {
            TLanes.Store(result, target);
        }
        else
        {
            StorePart(result, target, columns);
        }
    }

    [SkipLocalsInit]
    private static void StorePart(TLanes value, float* target, int columns)
    {
        float* lanes = stackalloc float[TLanes.Count];
        TLanes.Store(value, lanes);
        for (int i = 0; i < columns; i++)
        {
            target[i] = lanes[i];
        }
    }
}
