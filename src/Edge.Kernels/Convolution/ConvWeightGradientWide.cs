using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// The gradient by the weights as inner products over a <see cref="WideGrid"/>: three output channels by four taps at a time,
/// summed as vectors over all positions of some images.
/// </summary>
internal sealed unsafe class ConvWeightGradientWide<TLanes> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
{
    private const int Rows = 3;
    private const int Columns = 4;

    /// <summary>Output channels of a tile.</summary>
    private const int BlockRows = 48;

    /// <summary>Tiles that are enough to keep the threads of a small board busy.</summary>
    private const int EnoughTiles = 4;

    /// <summary>Images that are worked on together fill half of a second-level cache.</summary>
    private const long ImagesBytes = 128 * 1024;

    private readonly ConvGradientProblem _problem;
    private readonly WideGrid _grid;
    private readonly int[] _offsets;
    private readonly int _taps;
    private readonly int _blocks;
    private readonly int _parts;
    private readonly int _depth;
    private readonly long _xFloats;
    private readonly long _yFloats;
    private readonly int _images;

    public ConvWeightGradientWide(ConvGradientProblem problem) : base(2)
    {
        _problem = problem;
        _grid = new WideGrid(problem);
        _taps = (int)problem.Taps;
        int kernel = (int)problem.Window.Kernel.Count;
        _offsets = [.. Enumerable.Range(0, _taps).Select(t => checked((int)((t / kernel * _grid.ChannelFloats) + (_grid.Phases[t % kernel] * _grid.PhaseFloats) + _grid.Shifts[t % kernel])))];
        _blocks = (problem.GroupOutChannels + BlockRows - 1) / BlockRows;
        _parts = Math.Min(problem.Batch, (EnoughTiles + (problem.Groups * _blocks) - 1) / (problem.Groups * _blocks));
        _depth = (_grid.Depth + TLanes.Count - 1) / TLanes.Count * TLanes.Count;
        // Vectors that begin at the last element read a little further.
        _xFloats = (problem.GroupInChannels * _grid.ChannelFloats) + TLanes.Count;
        _yFloats = (long)Math.Min(BlockRows, problem.GroupOutChannels) * _depth;
        int part = (problem.Batch + _parts - 1) / _parts;
        _images = (int)Math.Clamp(ImagesBytes / ((_xFloats + _yFloats) * sizeof(float)), 1, part);
        SetTiles((long)_parts * problem.Groups * _blocks, _images * (_xFloats + _yFloats) * sizeof(float));
    }

    public override long ScratchBytes => base.ScratchBytes + (_parts > 1 ? _parts * PartFloats * sizeof(float) : 0);

    private long PartFloats => (long)_problem.OutChannels * _taps;

    /// <summary>Computes a sum for each part of the batch and adds them in order, so that the result does not depend on the threads.</summary>
    public override void Run(in KernelContext context)
    {
        base.Run(context);
        if (_parts > 1)
        {
            var target = (float*)context.Output(0);
            var sums = (float*)(context.Scratch + base.ScratchBytes);
            new ReadOnlySpan<float>(sums, (int)PartFloats).CopyTo(new Span<float>(target, (int)PartFloats));
            for (int part = 1; part < _parts; part++)
            {
                Add(sums + (part * PartFloats), target, PartFloats);
            }
        }
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        int block = tile % _blocks;
        int group = tile / _blocks % _problem.Groups;
        int part = tile / _blocks / _problem.Groups;
        int row = block * BlockRows;
        int rows = Math.Min(BlockRows, _problem.GroupOutChannels - row);
        float* target = _parts > 1 ? (float*)(arguments.Scratch + base.ScratchBytes) + (part * PartFloats) : (float*)arguments.Output;
        long first = ((long)group * _problem.GroupOutChannels) + row;
        target += first * _taps;
        new Span<float>(target, rows * _taps).Clear();
        int begin = (int)((long)_problem.Batch * part / _parts);
        int end = (int)((long)_problem.Batch * (part + 1) / _parts);
        float* x = (float*)scratch;
        float* y = x + (_images * _xFloats);
        for (int n = begin; n < end; n += _images)
        {
            int images = Math.Min(_images, end - n);
            for (int i = 0; i < images; i++)
            {
                Prepare(arguments, n + i, group, first, rows, x + (i * _xFloats), y + (i * _yFloats));
            }
            for (int r = 0; r < rows; r += Rows)
            {
                MultiplyRows(x, y + ((long)r * _depth), images, Math.Min(Rows, rows - r), target + ((long)r * _taps));
            }
        }
    }

    private void Prepare(in TileArguments arguments, int image, int group, long first, int rows, float* x, float* y)
    {
        float* source = arguments.Input(0) + (((image * (long)_problem.InChannels) + ((long)group * _problem.GroupInChannels)) * _problem.Input.Count);
        for (int c = 0; c < _problem.GroupInChannels; c++)
        {
            _grid.Spread(source + (c * _problem.Input.Count), x + (c * _grid.ChannelFloats));
        }
        new Span<float>(x + _xFloats - TLanes.Count, TLanes.Count).Clear();
        float* gradient = arguments.Input(1) + (((image * (long)_problem.OutChannels) + first) * _problem.Output.Count);
        for (int m = 0; m < rows; m++)
        {
            _grid.Lay(gradient + (m * _problem.Output.Count), y + ((long)m * _depth), _depth);
        }
    }

    [SkipLocalsInit]
    private void MultiplyRows(float* x, float* y, int images, int rows, float* target)
    {
        float* sums = stackalloc float[Rows * Columns];
        float* y1 = y + (Math.Min(1, rows - 1) * (long)_depth);
        float* y2 = y + ((rows - 1) * (long)_depth);
        for (int t = 0; t < _taps; t += Columns)
        {
            int last = _taps - 1;
            Multiply(
                x + _offsets[t], x + _offsets[Math.Min(t + 1, last)], x + _offsets[Math.Min(t + 2, last)], x + _offsets[Math.Min(t + 3, last)],
                y, y1, y2, images, sums);
            int columns = Math.Min(Columns, _taps - t);
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++)
                {
                    target[((long)r * _taps) + t + c] += sums[(r * Columns) + c];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(float* x0, float* x1, float* x2, float* x3, float* y0, float* y1, float* y2, int images, float* sums)
    {
        TLanes s00 = TLanes.Splat(0), s01 = TLanes.Splat(0), s02 = TLanes.Splat(0), s03 = TLanes.Splat(0);
        TLanes s10 = TLanes.Splat(0), s11 = TLanes.Splat(0), s12 = TLanes.Splat(0), s13 = TLanes.Splat(0);
        TLanes s20 = TLanes.Splat(0), s21 = TLanes.Splat(0), s22 = TLanes.Splat(0), s23 = TLanes.Splat(0);
        int depth = _depth;
        long xStep = _xFloats;
        long yStep = _yFloats;
        for (; images > 0; images--)
        {
            for (int i = 0; i < depth; i += TLanes.Count)
            {
                TLanes a = TLanes.Load(y0 + i);
                TLanes b = TLanes.Load(y1 + i);
                TLanes c = TLanes.Load(y2 + i);
                TLanes v = TLanes.Load(x0 + i);
                s00 = TLanes.MultiplyAdd(a, v, s00);
                s10 = TLanes.MultiplyAdd(b, v, s10);
                s20 = TLanes.MultiplyAdd(c, v, s20);
                v = TLanes.Load(x1 + i);
                s01 = TLanes.MultiplyAdd(a, v, s01);
                s11 = TLanes.MultiplyAdd(b, v, s11);
                s21 = TLanes.MultiplyAdd(c, v, s21);
                v = TLanes.Load(x2 + i);
                s02 = TLanes.MultiplyAdd(a, v, s02);
                s12 = TLanes.MultiplyAdd(b, v, s12);
                s22 = TLanes.MultiplyAdd(c, v, s22);
                v = TLanes.Load(x3 + i);
                s03 = TLanes.MultiplyAdd(a, v, s03);
                s13 = TLanes.MultiplyAdd(b, v, s13);
                s23 = TLanes.MultiplyAdd(c, v, s23);
            }
            x0 += xStep;
            x1 += xStep;
            x2 += xStep;
            x3 += xStep;
            y0 += yStep;
            y1 += yStep;
            y2 += yStep;
        }
        sums[0] = TLanes.Sum(s00);
        sums[1] = TLanes.Sum(s01);
        sums[2] = TLanes.Sum(s02);
        sums[3] = TLanes.Sum(s03);
        sums[4] = TLanes.Sum(s10);
        sums[5] = TLanes.Sum(s11);
        sums[6] = TLanes.Sum(s12);
        sums[7] = TLanes.Sum(s13);
        sums[8] = TLanes.Sum(s20);
        sums[9] = TLanes.Sum(s21);
        sums[10] = TLanes.Sum(s22);
        sums[11] = TLanes.Sum(s23);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* source, float* target, long count)
    {
        long i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Add(TLanes.Load(target + i), TLanes.Load(source + i)), target + i);
        }
        for (; i < count; i++)
        {
            target[i] += source[i];
        }
    }
}
