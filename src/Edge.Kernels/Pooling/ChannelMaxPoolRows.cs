using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Makes the vector rows of pooling over channels.</summary>
internal static class ChannelMaxPoolRows
{
    public static bool Fits(ChannelMaxPoolProblem problem) =>
        problem.Type == DataType.F32 && problem.Outer > 0 && problem.Inner > 0 && problem.Group > 0 && problem.Outer <= int.MaxValue;

    public static Kernel Create<TLanes>(ChannelMaxPoolProblem problem) where TLanes : struct, ILanes<TLanes> => new ChannelMaxPoolRows<TLanes>(problem);
}

/// <summary>Pools a vector of neighbouring positions at a time; a tile is one output channel.</summary>
internal sealed unsafe class ChannelMaxPoolRows<TLanes> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
{
    private readonly ChannelMaxPoolProblem _problem;

    public ChannelMaxPoolRows(ChannelMaxPoolProblem problem) : base(1)
    {
        _problem = problem;
        SetTiles(problem.Outer, 0);
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch) =>
        Pool(arguments.Input(0) + (tile * _problem.Group * _problem.Inner), (float*)arguments.Output + (tile * _problem.Inner), _problem.Group, _problem.Inner);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pool(float* x, float* y, long group, long inner)
    {
        long i = 0;
        for (; i <= inner - TLanes.Count; i += TLanes.Count)
        {
            TLanes best = TLanes.Load(x + i);
            for (long g = 1; g < group; g++)
            {
                best = TLanes.Max(best, TLanes.Load(x + (g * inner) + i));
            }
            TLanes.Store(best, y + i);
        }
        for (; i < inner; i++)
        {
            F32x1 best = F32x1.Load(x + i);
            for (long g = 1; g < group; g++)
            {
                best = F32x1.Max(best, F32x1.Load(x + (g * inner) + i));
            }
            F32x1.Store(best, y + i);
        }
    }
}
