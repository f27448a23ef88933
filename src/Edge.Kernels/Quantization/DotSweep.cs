using System.Runtime.CompilerServices;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Sweeps tiles of pixels by a group of output channels over the output of a convolution channels last, one run of positions and one group
/// of channels at a time.
/// </summary>
internal sealed unsafe class DotSweep<TTile> where TTile : struct, IDotTile
{
    /// <summary>Multiply-adds that are worth handing to a thread: some tens of microseconds.</summary>
    private const long ItemWork = 4_000_000;

    /// <summary>Input of one run, where all groups of output channels read it one after another: a quarter of a second-level cache.</summary>
    private const long RunBytes = 64 * 1024;

    /// <summary>Tiles of a row that are enough to sweep rows one by one: the last tile of each may be cut.</summary>
    private const int LeastLineTiles = 16;

    private readonly QuantConvProblem _problem;
    private readonly DotWeights _weights;
    private readonly long _rowBytes;
    private readonly int _inputBytes;
    private readonly int _runs;
    private readonly bool _weightsOutside;

    public DotSweep(QuantConvProblem problem, BytePadding padding, DotWeights weights)
    {
        _problem = problem;
        _weights = weights;
        _rowBytes = padding.RowBytes;
        _inputBytes = problem.XType.Size();
        long input = padding.Height * padding.RowBytes;
        _weightsOutside = weights.Groups * weights.GroupBytes > input;
        long positions = problem.Output.Count;
        long tiles = (positions + TTile.MostPixels - 1) / TTile.MostPixels;
        long runs = (positions * problem.Taps * TTile.Lanes / ItemWork) + 1;
        if (!_weightsOutside)
        {
            runs = Math.Max(runs, (input + (positions * problem.OutChannels * problem.YType.Size())) / RunBytes);
        }
        runs = Math.Min(tiles, runs);
        _runs = (int)(runs * weights.Groups < 4 ? Math.Min(tiles, 4) : runs);
    }

    /// <summary>Pieces of the work on one image, which may be done in any order.</summary>
    public int Items => checked(_runs * _weights.Groups);

    /// <summary>Group of output channels, first position and number of positions of a piece.</summary>
    public (int Group, int First, int Count) Part(int item)
    {
        int group = _weightsOutside ? item / _runs : item % _weights.Groups;
        int run = _weightsOutside ? item % _runs : item / _weights.Groups;
        long positions = _problem.Output.Count;
        int first = (int)(positions * run / _runs);
        return (group, first, (int)(positions * (run + 1) / _runs) - first);
    }

    /// <summary>Computes a piece.</summary>
    /// <param name="x">The image, with its padding.</param>
    /// <param name="finish">What becomes of the sums; <see cref="DotFinish.Y"/> is that of the first position.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public void Run<TEnd>(sbyte* x, int group, int first, int count, DotFinish finish) where TEnd : struct, IDotEnd
    {
        sbyte* w = _weights.Weights(group);
        x += group / _weights.GroupsPerConvGroup * _problem.GroupInChannels * _inputBytes;
        int rowStep = checked((int)(_rowBytes * _problem.Window.Stride.H));
        int step = _problem.InChannels * _problem.Window.Stride.W * _inputBytes;
        int width = _problem.Output.W;
        if (rowStep == (long)width * step)
        {
            RunLine<TEnd>(x + ((long)first * step), step, count, w, finish);
            return;
        }
        int column = first % width;
        int row = first / width * rowStep;
        if (width >= TTile.MostPixels * LeastLineTiles)
        {
            for (; count > 0; column = 0, row += rowStep)
            {
                int line = Math.Min(width - column, count);
                RunLine<TEnd>(x + row + ((long)column * step), step, line, w, finish);
                finish.Y += line * finish.PixelStride;
                count -= line;
            }
            return;
        }
        int* offsets = stackalloc int[TTile.MostPixels];
        DotRun* runs = _weights.Runs;
        int runCount = _weights.RunCount;
        // Tiles of equal size: one of a single pixel would keep few sums in flight.
        for (int tiles = (count + TTile.MostPixels - 1) / TTile.MostPixels; tiles > 0; tiles--)
        {
            int pixels = (count + tiles - 1) / tiles;
            int offset = 0;
            for (int i = 0; i < pixels; i++)
            {
                offset = row + (column * step);
                offsets[i] = offset;
                if (++column == width)
                {
                    column = 0;
                    row += rowStep;
                }
            }
            for (int i = pixels; i < TTile.MostPixels; i++)
            {
                offsets[i] = offset;
            }
            TTile.Multiply<TEnd>(pixels, x, offsets, runs, runCount, w, finish);
            finish.Y += pixels * finish.PixelStride;
            count -= pixels;
        }
    }

    /// <summary>Positions at equal distances, from row to row too: what tiles read is worked out once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private void RunLine<TEnd>(sbyte* x, int step, int count, sbyte* w, DotFinish finish) where TEnd : struct, IDotEnd
    {
        int* offsets = stackalloc int[TTile.MostPixels];
        DotRun* runs = _weights.Runs;
        int runCount = _weights.RunCount;
        for (int tiles = (count + TTile.MostPixels - 1) / TTile.MostPixels; tiles > 0;)
        {
            int pixels = (count + tiles - 1) / tiles;
            int alike = count - ((pixels - 1) * tiles);
            for (int i = 0; i < TTile.MostPixels; i++)
            {
                offsets[i] = Math.Min(i, pixels - 1) * step;
            }
            count -= alike * pixels;
            tiles -= alike;
            for (; alike > 0; alike--)
            {
                TTile.Multiply<TEnd>(pixels, x, offsets, runs, runCount, w, finish);
                finish.Y += pixels * finish.PixelStride;
                x += (long)pixels * step;
            }
        }
    }
}
