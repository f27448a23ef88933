using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Makes the vector rows of global pooling.</summary>
internal static class GlobalPoolRows
{
    public static bool Fits(GlobalPoolProblem problem) =>
        problem.Type == DataType.F32 && problem.Layout == Layout.Planar && problem.Planes > 0 && problem.Positions > 0;

    public static bool FitsNorm(GlobalPoolProblem problem) => Fits(problem) && problem.P is 1 or 2;

    public static Kernel Create<TLanes, TFormula>(GlobalPoolProblem problem)
        where TLanes : struct, ILanes<TLanes>
        where TFormula : struct, IPoolFormula => new GlobalPoolRows<TLanes, TFormula>(problem);

    public static Kernel CreateNorm<TLanes>(GlobalPoolProblem problem) where TLanes : struct, ILanes<TLanes> =>
        problem.P == 1 ? new GlobalPoolRows<TLanes, L1Formula>(problem) : new GlobalPoolRows<TLanes, L2Formula>(problem);
}

/// <summary>Pools each plane with four vectors.</summary>
internal sealed unsafe class GlobalPoolRows<TLanes, TFormula> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TFormula : struct, IPoolFormula
{
    /// <summary>Elements below which a tile is not worth claiming.</summary>
    private const long LeastElements = 16_384;

    private readonly GlobalPoolProblem _problem;
    private readonly long _planesPerTile;

    public GlobalPoolRows(GlobalPoolProblem problem) : base(1)
    {
        _problem = problem;
        _planesPerTile = Math.Clamp(LeastElements / problem.Positions, 1, problem.Planes);
        SetTiles((problem.Planes + _planesPerTile - 1) / _planesPerTile, 0);
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        long first = tile * _planesPerTile;
        long last = Math.Min(_problem.Planes, first + _planesPerTile);
        for (long plane = first; plane < last; plane++)
        {
            ((float*)arguments.Output)[plane] = Pool(arguments.Input(0) + (plane * _problem.Positions), _problem.Positions);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static float Pool(float* x, long count)
    {
        TLanes p0 = TLanes.Splat(TFormula.Start), p1 = p0, p2 = p0, p3 = p0;
        long i = 0;
        for (; i <= count - (4 * TLanes.Count); i += 4 * TLanes.Count)
        {
            p0 = TFormula.Add(p0, TLanes.Load(x + i));
            p1 = TFormula.Add(p1, TLanes.Load(x + i + TLanes.Count));
            p2 = TFormula.Add(p2, TLanes.Load(x + i + (2 * TLanes.Count)));
            p3 = TFormula.Add(p3, TLanes.Load(x + i + (3 * TLanes.Count)));
        }
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            p0 = TFormula.Add(p0, TLanes.Load(x + i));
        }
        var pooled = F32x1.Splat(TFormula.MergeLanes(TFormula.Merge(TFormula.Merge(p0, p1), TFormula.Merge(p2, p3))));
        for (; i < count; i++)
        {
            pooled = TFormula.Add(pooled, F32x1.Load(x + i));
        }
        return F32x1.Sum(TFormula.Finish(pooled, F32x1.Splat(count)));
    }
}
