using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Convolution channels last: sweeps tiles of pixels by a group of output channels over the output, one run of positions and one group of
/// channels at a time. Nothing is rearranged but the borders; the sums are rescaled and stored as bytes.
/// </summary>
internal sealed unsafe class QuantConvDot<TTile> : Kernel where TTile : struct, IDotTile
{
    /// <summary>Multiply-adds that are worth handing to a thread: some tens of microseconds.</summary>
    private const long ItemWork = 4_000_000;

    /// <summary>Input of one run, where all groups of output channels read it one after another: a quarter of a second-level cache.</summary>
    private const long RunBytes = 64 * 1024;

    private readonly QuantConvProblem _problem;
    private readonly BytePadding _padding;
    private readonly DotWeights _weights;
    private readonly int _runs;
    private readonly bool _weightsOutside;
    private bool _isPacked;

    public QuantConvDot(QuantConvProblem problem)
    {
        _problem = problem;
        _padding = new BytePadding(problem);
        _weights = new DotWeights(problem, _padding.RowBytes, TTile.Lanes);
        long input = _padding.Height * _padding.RowBytes;
        _weightsOutside = _weights.Groups * _weights.GroupBytes > input;
        long positions = problem.Output.Count;
        long tiles = (positions + TTile.MostPixels - 1) / TTile.MostPixels;
        long runs = (positions * problem.Taps * TTile.Lanes / ItemWork) + 1;
        if (!_weightsOutside)
        {
            runs = Math.Max(runs, input / RunBytes);
        }
        runs = Math.Min(tiles, runs);
        _runs = (int)(runs * _weights.Groups < 4 ? Math.Min(tiles, 4) : runs);
    }

    public override long ScratchBytes => _padding.ScratchBytes;

    public override long PackedBytes => _weights.Bytes;

    public override void BindConstants(ReadOnlySpan<Tensor?> inputs)
    {
        if (inputs[1] is { } weights && inputs[2] is { } bias && inputs[3] is { } multipliers)
        {
            _weights.Pack<TTile>((sbyte*)weights.Data, (int*)bias.Data, (int*)multipliers.Data);
            _isPacked = true;
        }
    }

    public override void Run(in KernelContext context)
    {
        if (!_isPacked)
        {
            _weights.Pack<TTile>((sbyte*)context.Input(1), (int*)context.Input(2), (int*)context.Input(3));
        }
        var image = new Image { Input = (sbyte*)context.Input(0), X = (sbyte*)context.Input(0), Y = (sbyte*)context.Output(0) };
        for (int n = 0; n < _problem.Batch; n++)
        {
            if (_padding.IsNeeded)
            {
                image.X = (sbyte*)context.Scratch;
                context.Pool.Run(this, &image, &CopyRows, _padding.Items);
            }
            context.Pool.Run(this, &image, &RunItem, checked(_runs * _weights.Groups));
            image.Input += _problem.Input.Count * _problem.InChannels;
            image.X = image.Input;
            image.Y += _problem.Output.Count * _problem.OutChannels;
        }
    }

    protected override void Dispose(bool disposing) => _weights.Dispose();

    private static void CopyRows(object owner, void* state, int item)
    {
        var image = (Image*)state;
        ((QuantConvDot<TTile>)owner)._padding.CopyRows(image->Input, image->X, item);
    }

    private static void RunItem(object owner, void* state, int item) => ((QuantConvDot<TTile>)owner).RunItem(*(Image*)state, item);

    private void RunItem(in Image image, int item)
    {
        int group = _weightsOutside ? item / _runs : item % _weights.Groups;
        int run = _weightsOutside ? item % _runs : item / _weights.Groups;
        long positions = _problem.Output.Count;
        int first = (int)(positions * run / _runs);
        int count = (int)(positions * (run + 1) / _runs) - first;
        (int channel, int channels) = _weights.OutputChannels(group);
        var finish = new DotFinish
        {
            Bias = _weights.Bias(group),
            Multipliers = _weights.Multipliers(group),
            Y = (byte*)image.Y + ((long)first * _problem.OutChannels) + channel,
            PixelStride = _problem.OutChannels,
            Channels = channels,
            Zero = _problem.YZero,
            Low = _problem.Low,
            High = _problem.High,
        };
        sbyte* x = image.X + (group / _weights.GroupsPerConvGroup * _problem.GroupInChannels);
        Sweep(x, _weights.Weights(group), first, count, finish);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private void Sweep(sbyte* x, sbyte* w, int first, int count, DotFinish finish)
    {
        int* offsets = stackalloc int[TTile.MostPixels];
        int rowStep = checked((int)(_padding.RowBytes * _problem.Window.Stride.H));
        int step = _problem.InChannels * _problem.Window.Stride.W;
        int width = _problem.Output.W;
        int column = first % width;
        int row = first / width * rowStep;
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
            TTile.Multiply<DotBytes>(pixels, x, offsets, runs, runCount, w, finish);
            finish.Y += pixels * finish.PixelStride;
            count -= pixels;
        }
    }

    /// <summary>The addresses of one image.</summary>
    private struct Image
    {
        public sbyte* Input;
        public sbyte* X;
        public sbyte* Y;
    }
}
