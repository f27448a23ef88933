using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Normalization;

/// <summary>Makes the vector rows of local response normalization of blocks of channels.</summary>
internal static class LocalResponseNormBlocks
{
    public static bool Fits(LocalResponseNormProblem problem) =>
        problem.Type == DataType.F32 && problem.Layout == Layout.Blocked8 && problem.Batch * problem.Channels * problem.Spatial > 0;

    public static Kernel Create<TLanes>(LocalResponseNormProblem problem) where TLanes : struct, ILanes<TLanes> => problem.Beta == 0.75f
        ? new LocalResponseNormBlocks<TLanes, ThreeQuarterPower>(problem)
        : new LocalResponseNormBlocks<TLanes, AnyPower>(problem);
}

/// <summary>
/// For a few positions at a time, the squares of all channels are laid out side by side with zeros around them; the window of
/// every channel is then a run of them, and neighbouring windows are neighbouring loads.
/// </summary>
internal sealed unsafe class LocalResponseNormBlocks<TLanes, TPower> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
    where TPower : struct, IResponsePower
{
    /// <summary>Positions of a tile: whole cache lines of each block, and squares that stay in the first-level cache.</summary>
    private const int MostPositions = 16;

    private readonly LocalResponseNormProblem _problem;
    private readonly int _blocks;
    private readonly int _before;
    private readonly int _window;
    private readonly int _pitch;
    private readonly int _tilesPerImage;

    public LocalResponseNormBlocks(LocalResponseNormProblem problem) : base(1)
    {
        _problem = problem;
        _blocks = Layouts.Blocks(problem.Channels);
        _before = Math.Min((problem.Size - 1) / 2, problem.Channels);
        _window = checked(_before + 1 + Math.Min(problem.Size / 2, problem.Channels));
        _pitch = checked((_blocks * Layouts.Block) + _window + Layouts.Block);
        _tilesPerImage = checked((int)((problem.Spatial + MostPositions - 1) / MostPositions));
        SetTiles(problem.Batch * _tilesPerImage, (long)_pitch * MostPositions * sizeof(float));
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        long first = (long)(tile % _tilesPerImage) * MostPositions;
        int count = (int)Math.Min(MostPositions, _problem.Spatial - first);
        long start = ((tile / _tilesPerImage * _blocks * _problem.Spatial) + first) * Layouts.Block;
        Square(arguments.Input(0) + start, count, (float*)scratch);
        Normalize(arguments.Input(0) + start, count, (float*)scratch, (float*)arguments.Output + start);
    }

    /// <summary>squares: (count, pitch), channel 0 behind the part of its window that comes before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Square(float* x, int count, float* squares)
    {
        new Span<float>(squares, count * _pitch).Clear();
        long stride = _problem.Spatial * Layouts.Block;
        int channels = _problem.Channels;
        for (int p = 0; p < count; p++)
        {
            float* from = x + (p * Layouts.Block);
            float* to = squares + ((long)p * _pitch) + _before;
            int c = 0;
            for (; c <= channels - Layouts.Block; c += Layouts.Block, from += stride)
            {
                for (int lane = 0; lane < Layouts.Block; lane += TLanes.Count)
                {
                    TLanes value = TLanes.Load(from + lane);
                    TLanes.Store(TLanes.Multiply(value, value), to + c + lane);
                }
            }
            for (int lane = 0; c < channels; c++, lane++)
            {
                to[c] = from[lane] * from[lane];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize(float* x, int count, float* squares, float* y)
    {
        long stride = _problem.Spatial * Layouts.Block;
        TLanes factor = TLanes.Splat(_problem.Alpha / _problem.Size);
        TLanes bias = TLanes.Splat(_problem.Bias);
        float exponent = _problem.Beta;
        for (int block = 0; block < _blocks; block++, x += stride, y += stride)
        {
            float* windows = squares + (block * Layouts.Block);
            for (int i = 0; i < count * Layouts.Block; i += TLanes.Count)
            {
                float* window = windows + ((long)(i / Layouts.Block) * _pitch) + (i % Layouts.Block);
                TLanes sum = TLanes.Load(window);
                for (int k = 1; k < _window; k++)
                {
                    sum = TLanes.Add(sum, TLanes.Load(window + k));
                }
                TLanes.Store(TPower.Divide(TLanes.Load(x + i), TLanes.MultiplyAdd(factor, sum, bias), exponent), y + i);
            }
        }
    }
}
