using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Between planar and blocked: a tile is a run of positions of one block of channels, transposed four by four. A block with
/// fewer than eight channels moves channel by channel.
/// </summary>
internal sealed unsafe class ReorderTiles : TiledKernel
{
    /// <summary>Positions per tile: 32 KiB of a block.</summary>
    private const int RunLength = 1024;

    private readonly ReorderProblem _problem;
    private readonly int _blocks;
    private readonly int _runs;

    public ReorderTiles(ReorderProblem problem) : base(1)
    {
        _problem = problem;
        _blocks = Layouts.Blocks(problem.Channels);
        _runs = checked((int)((problem.Positions + RunLength - 1) / RunLength));
        SetTiles((long)problem.Batch * _blocks * _runs, 0);
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        long first = (long)(tile % _runs) * RunLength;
        int block = tile / _runs % _blocks;
        int image = tile / _runs / _blocks;
        int count = (int)Math.Min(RunLength, _problem.Positions - first);
        int channels = Math.Min(Layouts.Block, _problem.Channels - (block * Layouts.Block));
        long planar = ((((long)image * _problem.Channels) + (block * Layouts.Block)) * _problem.Positions) + first;
        long blocked = (((((long)image * _blocks) + block) * _problem.Positions) + first) * Layouts.Block;
        if (_problem.To == Layout.Blocked8)
        {
            ToBlocked(arguments.Input(0) + planar, (float*)arguments.Output + blocked, channels, count);
        }
        else
        {
            ToPlanar(arguments.Input(0) + blocked, (float*)arguments.Output + planar, channels, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ToBlocked(float* source, float* target, int channels, int count)
    {
        long pitch = _problem.Positions;
        int i = 0;
        if (channels == Layouts.Block)
        {
            for (; i <= count - 4; i += 4)
            {
                Tile4x4.Transpose((byte*)(source + i), pitch * sizeof(float), (byte*)(target + (i * Layouts.Block)), Layouts.Block * sizeof(float));
                Tile4x4.Transpose((byte*)(source + (4 * pitch) + i), pitch * sizeof(float), (byte*)(target + (i * Layouts.Block) + 4), Layouts.Block * sizeof(float));
            }
        }
        for (int c = 0; c < channels; c++)
        {
            for (int p = i; p < count; p++)
            {
                target[(p * Layouts.Block) + c] = source[(c * pitch) + p];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ToPlanar(float* source, float* target, int channels, int count)
    {
        long pitch = _problem.Positions;
        int i = 0;
        if (channels == Layouts.Block)
        {
            for (; i <= count - 4; i += 4)
            {
                Tile4x4.Transpose((byte*)(source + (i * Layouts.Block)), Layouts.Block * sizeof(float), (byte*)(target + i), pitch * sizeof(float));
                Tile4x4.Transpose((byte*)(source + (i * Layouts.Block) + 4), Layouts.Block * sizeof(float), (byte*)(target + (4 * pitch) + i), pitch * sizeof(float));
            }
        }
        for (int c = 0; c < channels; c++)
        {
            for (int p = i; p < count; p++)
            {
                target[(c * pitch) + p] = source[(p * Layouts.Block) + c];
            }
        }
    }
}
