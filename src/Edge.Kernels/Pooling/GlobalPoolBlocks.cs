using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Makes the vector rows of global pooling of blocks of channels.</summary>
internal static class GlobalPoolBlocks
{
    public static bool Fits(GlobalPoolProblem problem) =>
        problem.Type == DataType.F32 && problem.Layout == Layout.Blocked8 && problem.Planes > 0 && problem.Positions > 0;

    public static bool FitsNorm(GlobalPoolProblem problem) => Fits(problem) && problem.P is 1 or 2;

    public static Kernel Create<TLanes, TFormula>(GlobalPoolProblem problem)
        where TLanes : struct, ILanes<TLanes>
        where TFormula : struct, IPoolFormula => new GlobalPoolBlocks<TLanes, TFormula>(problem);

    public static Kernel CreateNorm<TLanes>(GlobalPoolProblem problem) where TLanes : struct, ILanes<TLanes> =>
        problem.P == 1 ? new GlobalPoolBlocks<TLanes, L1Formula>(problem) : new GlobalPoolBlocks<TLanes, L2Formula>(problem);
}

/// <summary>Pools the lanes of each block side by side, four positions at a time.</summary>
internal sealed unsafe class GlobalPoolBlocks<TLanes, TFormula> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TFormula : struct, IPoolFormula
{
    /// <summary>Floats below which a tile is not worth claiming.</summary>
    private const long LeastFloats = 1 << 15;

    private readonly GlobalPoolProblem _problem;
    private readonly int _blocks;
    private readonly int _total;
    private readonly int _blocksPerTile;

    public GlobalPoolBlocks(GlobalPoolProblem problem) : base(1)
    {
        _problem = problem;
        _blocks = Layouts.Blocks(problem.Channels);
        _total = checked(problem.Batch * _blocks);
        _blocksPerTile = (int)Math.Clamp(LeastFloats / (problem.Positions * Layouts.Block), 1, _total);
        SetTiles((_total + _blocksPerTile - 1) / _blocksPerTile, 0);
    }

    [SkipLocalsInit]
    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        float* pooled = stackalloc float[Layouts.Block];
        int end = Math.Min(_total, (tile + 1) * _blocksPerTile);
        for (int i = tile * _blocksPerTile; i < end; i++)
        {
            float* x = arguments.Input(0) + (i * _problem.Positions * Layouts.Block);
            int channel = i % _blocks * Layouts.Block;
            float* y = (float*)arguments.Output + ((long)(i / _blocks) * _problem.Channels) + channel;
            bool isWhole = _problem.Channels - channel >= Layouts.Block;
            Pool(x, isWhole ? y : pooled, _problem.Positions);
            for (int c = channel; !isWhole && c < _problem.Channels; c++)
            {
                y[c - channel] = pooled[c - channel];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pool(float* x, float* y, long positions)
    {
        for (int lane = 0; lane < Layouts.Block; lane += TLanes.Count)
        {
            float* from = x + lane;
            float* end = from + (positions * Layouts.Block);
            float* last = end - (3 * Layouts.Block);
            TLanes p0 = TLanes.Splat(TFormula.Start), p1 = p0, p2 = p0, p3 = p0;
            for (; from < last; from += 4 * Layouts.Block)
            {
                p0 = TFormula.Add(p0, TLanes.Load(from));
                p1 = TFormula.Add(p1, TLanes.Load(from + Layouts.Block));
                p2 = TFormula.Add(p2, TLanes.Load(from + (2 * Layouts.Block)));
                p3 = TFormula.Add(p3, TLanes.Load(from + (3 * Layouts.Block)));
            }
            for (; from < end; from += Layouts.Block)
            {
                p0 = TFormula.Add(p0, TLanes.Load(from));
            }
            TLanes pooled = TFormula.Merge(TFormula.Merge(p0, p1), TFormula.Merge(p2, p3));
            TLanes.Store(TFormula.Finish(pooled, TLanes.Splat(positions)), y + lane);
        }
    }
}
