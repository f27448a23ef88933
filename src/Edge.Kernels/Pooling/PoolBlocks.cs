using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Makes the vector rows of windowed pooling of blocks of channels.</summary>
internal static class PoolBlocks
{
    public static bool Fits(PoolProblem problem) =>
        problem.Type == DataType.F32 && problem.Layout == Layout.Blocked8 && !problem.HasIndices
        && problem.Planes > 0 && problem.Input.Count > 0 && problem.Output.Count > 0 && HasGoodShape(problem);

    public static bool FitsNorm(PoolProblem problem) => Fits(problem) && problem.P is 1 or 2;

    public static Kernel Create<TLanes, TFormula>(PoolProblem problem)
        where TLanes : struct, ILanes<TLanes>
        where TFormula : struct, IPoolFormula => new PoolBlocks<TLanes, TFormula>(problem);

    public static Kernel CreateNorm<TLanes>(PoolProblem problem) where TLanes : struct, ILanes<TLanes> =>
        problem.P == 1 ? new PoolBlocks<TLanes, L1Formula>(problem) : new PoolBlocks<TLanes, L2Formula>(problem);

    /// <summary>Whether a pooled row stays small; it does unless dilation or padding is out of all proportion.</summary>
    private static bool HasGoodShape(PoolProblem problem)
    {
        const double MostColumns = 1 << 18;
        double columns = ((double)problem.Output.W * problem.Window.Stride.W) + problem.Window.Span(2);
        return columns <= MostColumns && problem.Window.Kernel.Count <= 4096 && problem.Planes * (double)problem.Output.D * problem.Output.H < int.MaxValue;
    }
}

/// <summary>
/// Pools along D and H first: the input rows of an output row become one row, which stays in the first-level cache and is then
/// pooled along W. Neighbouring windows share that work, and borders are rows left out and columns that hold the start value.
/// </summary>
internal sealed unsafe class PoolBlocks<TLanes, TFormula> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TFormula : struct, IPoolFormula
{
    /// <summary>Floats read below which a tile is not worth claiming.</summary>
    private const long LeastFloats = 1 << 16;

    private readonly PoolProblem _problem;
    private readonly int[] _slices;
    private readonly int[] _rows;
    private readonly int[] _columns;
    private readonly int _left;
    private readonly int _inside;
    private readonly int _width;
    private readonly bool _hasBorder;
    private readonly int _totalRows;
    private readonly int _rowsPerTile;

    public PoolBlocks(PoolProblem problem) : base(1)
    {
        _problem = problem;
        _slices = PoolCounts.Along(problem, 0);
        _rows = PoolCounts.Along(problem, 1);
        _columns = PoolCounts.Along(problem, 2);
        _width = (int)(((problem.Output.W - 1L) * problem.Window.Stride.W) + problem.Window.Span(2));
        _left = Math.Min(problem.Window.PadBegin.W, _width);
        _inside = Math.Min(problem.Input.W, _width - _left);
        _hasBorder = _inside < _width;
        _totalRows = (int)(problem.Planes * problem.Output.D * problem.Output.H);
        long rowFloats = ((long)_inside * problem.Window.Kernel.D * problem.Window.Kernel.H) + ((long)problem.Output.W * problem.Window.Kernel.W);
        _rowsPerTile = (int)Math.Clamp(LeastFloats / (rowFloats * Layouts.Block), 1, (_totalRows + 7) / 8);
        SetTiles((_totalRows + _rowsPerTile - 1) / _rowsPerTile, RowBytes + (problem.Window.Kernel.D * problem.Window.Kernel.H * sizeof(float*)));
    }

    private long RowBytes => (long)_width * Layouts.Block * sizeof(float);

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        var pooled = (float*)scratch;
        var sources = (float**)(scratch + RowBytes);
        new Span<float>(pooled, _left * Layouts.Block).Fill(TFormula.Start);
        new Span<float>(pooled + ((_left + _inside) * Layouts.Block), (_width - _left - _inside) * Layouts.Block).Fill(TFormula.Start);
        Extent output = _problem.Output;
        int end = Math.Min(_totalRows, (tile + 1) * _rowsPerTile);
        for (int row = tile * _rowsPerTile; row < end; row++)
        {
            int h = row % output.H;
            int d = row / output.H % output.D;
            float* plane = arguments.Input(0) + (row / output.H / output.D * _problem.Input.Count * Layouts.Block);
            float* y = (float*)arguments.Output + ((long)row * output.W * Layouts.Block);
            int count = FindRows(plane, d, h, sources);
            int taps = _slices[d] * _rows[h];
            if (count == 1 && !_hasBorder)
            {
                PoolColumns<FirstPass>(sources[0], y, taps);
                continue;
            }
            PoolTogether(sources, count, pooled + (_left * Layouts.Block), (long)_inside * Layouts.Block);
            PoolColumns<SecondPass>(pooled, y, taps);
        }
    }

    /// <summary>Collects the input rows that an output row reads.</summary>
    private int FindRows(float* plane, int outputSlice, int outputRow, float** sources)
    {
        Window window = _problem.Window;
        int count = 0;
        for (int kd = 0; kd < window.Kernel.D; kd++)
        {
            long d = ((long)outputSlice * window.Stride.D) + ((long)kd * window.Dilation.D) - window.PadBegin.D;
            for (int kh = 0; kh < window.Kernel.H; kh++)
            {
                long h = ((long)outputRow * window.Stride.H) + ((long)kh * window.Dilation.H) - window.PadBegin.H;
                if (d >= 0 && d < _problem.Input.D && h >= 0 && h < _problem.Input.H)
                {
                    sources[count++] = plane + (((d * _problem.Input.H) + h) * _problem.Input.W * Layouts.Block);
                }
            }
        }
        return count;
    }

    /// <summary>Pools rows element by element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PoolTogether(float** sources, int count, float* pooled, long length)
    {
        if (count == 0)
        {
            new Span<float>(pooled, (int)length).Fill(TFormula.Start);
            return;
        }
        float* first = sources[0];
        long i = 0;
        for (; i <= length - (4 * TLanes.Count); i += 4 * TLanes.Count)
        {
            TLanes p0 = TFormula.First(TLanes.Load(first + i));
            TLanes p1 = TFormula.First(TLanes.Load(first + i + TLanes.Count));
            TLanes p2 = TFormula.First(TLanes.Load(first + i + (2 * TLanes.Count)));
            TLanes p3 = TFormula.First(TLanes.Load(first + i + (3 * TLanes.Count)));
            int row = 1;
            for (; row < count - 1; row += 2)
            {
                float* x = sources[row] + i;
                float* z = sources[row + 1] + i;
                p0 = TFormula.Add(p0, TLanes.Load(x), TLanes.Load(z));
                p1 = TFormula.Add(p1, TLanes.Load(x + TLanes.Count), TLanes.Load(z + TLanes.Count));
                p2 = TFormula.Add(p2, TLanes.Load(x + (2 * TLanes.Count)), TLanes.Load(z + (2 * TLanes.Count)));
                p3 = TFormula.Add(p3, TLanes.Load(x + (3 * TLanes.Count)), TLanes.Load(z + (3 * TLanes.Count)));
            }
            for (; row < count; row++)
            {
                float* x = sources[row] + i;
                p0 = TFormula.Add(p0, TLanes.Load(x));
                p1 = TFormula.Add(p1, TLanes.Load(x + TLanes.Count));
                p2 = TFormula.Add(p2, TLanes.Load(x + (2 * TLanes.Count)));
                p3 = TFormula.Add(p3, TLanes.Load(x + (3 * TLanes.Count)));
            }
            TLanes.Store(p0, pooled + i);
            TLanes.Store(p1, pooled + i + TLanes.Count);
            TLanes.Store(p2, pooled + i + (2 * TLanes.Count));
            TLanes.Store(p3, pooled + i + (3 * TLanes.Count));
        }
        for (; i < length; i += TLanes.Count)
        {
            TLanes p = TFormula.First(TLanes.Load(first + i));
            for (int row = 1; row < count; row++)
            {
                p = TFormula.Add(p, TLanes.Load(sources[row] + i));
            }
            TLanes.Store(p, pooled + i);
        }
    }

    /// <summary>Pools the windows of one row along W, four outputs at a time.</summary>
    /// <param name="rowTaps">Taps along D and H that count.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PoolColumns<TPass>(float* x, float* y, int rowTaps) where TPass : struct, IPass
    {
        long step = (long)_problem.Window.Stride.W * Layouts.Block;
        long next = (long)_problem.Window.Dilation.W * Layouts.Block;
        int taps = _problem.Window.Kernel.W;
        int width = _problem.Output.W;
        for (int lane = 0; lane < Layouts.Block; lane += TLanes.Count)
        {
            float* from = x + lane;
            int o = 0;
            for (; o <= width - 4; o += 4)
            {
                float* tap = from + (o * step);
                TLanes p0 = TPass.First(TLanes.Load(tap));
                TLanes p1 = TPass.First(TLanes.Load(tap + step));
                TLanes p2 = TPass.First(TLanes.Load(tap + (2 * step)));
                TLanes p3 = TPass.First(TLanes.Load(tap + (3 * step)));
                int k = 1;
                for (; k < taps - 1; k += 2)
                {
                    float* second = tap + (2 * next);
                    tap += next;
                    p0 = TPass.Add(p0, TLanes.Load(tap), TLanes.Load(second));
                    p1 = TPass.Add(p1, TLanes.Load(tap + step), TLanes.Load(second + step));
                    p2 = TPass.Add(p2, TLanes.Load(tap + (2 * step)), TLanes.Load(second + (2 * step)));
                    p3 = TPass.Add(p3, TLanes.Load(tap + (3 * step)), TLanes.Load(second + (3 * step)));
                    tap = second;
                }
                for (; k < taps; k++)
                {
                    tap += next;
                    p0 = TPass.Add(p0, TLanes.Load(tap));
                    p1 = TPass.Add(p1, TLanes.Load(tap + step));
                    p2 = TPass.Add(p2, TLanes.Load(tap + (2 * step)));
                    p3 = TPass.Add(p3, TLanes.Load(tap + (3 * step)));
                }
                Store(p0, y, o, lane, rowTaps);
                Store(p1, y, o + 1, lane, rowTaps);
                Store(p2, y, o + 2, lane, rowTaps);
                Store(p3, y, o + 3, lane, rowTaps);
            }
            for (; o < width; o++)
            {
                float* tap = from + (o * step);
                TLanes p = TPass.First(TLanes.Load(tap));
                for (int k = 1; k < taps; k++)
                {
                    tap += next;
                    p = TPass.Add(p, TLanes.Load(tap));
                }
                Store(p, y, o, lane, rowTaps);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(TLanes pooled, float* y, int output, int lane, int rowTaps)
    {
        if (typeof(TFormula) == typeof(AverageFormula))
        {
            // An empty window sums to 0 and counts as one value, so that its average is 0.
            pooled = TFormula.Finish(pooled, TLanes.Splat(Math.Max(1, rowTaps * _columns[output])));
        }
        else
        {
            pooled = TFormula.Finish(pooled, TLanes.Splat(1));
        }
        TLanes.Store(pooled, y + ((long)output * Layouts.Block) + lane);
    }

    /// <summary>What a pass over a row does with the values it meets.</summary>
    private interface IPass
    {
        static abstract TLanes First(TLanes x);

        static abstract TLanes Add(TLanes pooled, TLanes x);

        static abstract TLanes Add(TLanes pooled, TLanes x, TLanes y);
    }

    /// <summary>The values are those of the input.</summary>
    private readonly struct FirstPass : IPass
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes First(TLanes x) => TFormula.First(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Add(TLanes pooled, TLanes x) => TFormula.Add(pooled, x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Add(TLanes pooled, TLanes x, TLanes y) => TFormula.Add(pooled, x, y);
    }

    /// <summary>The values have been pooled before.</summary>
    private readonly struct SecondPass : IPass
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes First(TLanes x) => x;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Add(TLanes pooled, TLanes x) => TFormula.Merge(pooled, x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Add(TLanes pooled, TLanes x, TLanes y) => TFormula.Merge(pooled, x, y);
    }
}
