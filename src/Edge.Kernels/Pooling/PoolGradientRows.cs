using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Walks the output rows of each plane; planes are the tiles of threads.</summary>
internal abstract unsafe class PoolGradientRows : TiledKernel
{
    private readonly PoolProblem _problem;

    protected PoolGradientRows(PoolProblem problem, int inputs, long scratchFloats) : base(inputs)
    {
        _problem = problem;
        SetTiles(problem.Planes, scratchFloats * sizeof(float));
    }

    protected PoolProblem Problem => _problem;

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        float* target = (float*)arguments.Output + (tile * _problem.Input.Count);
        new Span<float>(target, (int)_problem.Input.Count).Clear();
        Extent output = _problem.Output;
        for (int d = 0; d < output.D; d++)
        {
            for (int h = 0; h < output.H; h++)
            {
                long row = (((((long)tile * output.D) + d) * output.H) + h) * output.W;
                RunRow(arguments, tile, d, h, row, target, (float*)scratch);
            }
        }
    }

    /// <param name="row">First output of the row.</param>
    /// <param name="target">The plane of dx.</param>
    protected abstract void RunRow(in TileArguments arguments, int plane, int d, int h, long row, float* target, float* scratch);

    /// <summary>Start of the input row that tap row (kd, kh) of output row (d, h) reads, within the plane; -1 where it is padding.</summary>
    protected int InputRow(int d, int h, int kd, int kh)
    {
        Window window = _problem.Window;
        long z = ((long)d * window.Stride.D) + ((long)kd * window.Dilation.D) - window.PadBegin.D;
        long y = ((long)h * window.Stride.H) + ((long)kh * window.Dilation.H) - window.PadBegin.H;
        bool isInside = z >= 0 && z < _problem.Input.D && y >= 0 && y < _problem.Input.H;
        return isInside ? (int)(((z * _problem.Input.H) + y) * _problem.Input.W) : -1;
    }

    /// <summary>The outputs [first, end) of a row whose tap <paramref name="kw"/> falls on the input, and the position of the first.</summary>
    protected (int First, int End, int Position) Inside(int kw)
    {
        Window window = _problem.Window;
        int stride = window.Stride.W;
        int offset = (kw * window.Dilation.W) - window.PadBegin.W;
        int first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
        int end = offset >= _problem.Input.W ? first : Math.Min(_problem.Output.W, ((_problem.Input.W - 1 - offset) / stride) + 1);
        return (first, Math.Max(first, end), offset + (first * stride));
    }
}

/// <summary>
/// The gradient of the maximum: the taps of an output row are laid side by side, the first largest is found lane by lane, and
/// what each tap gets is added where it came from. No branch depends on the data.
/// </summary>
internal sealed unsafe class MaxPoolGradientRows<TLanes>(PoolProblem problem)
    : PoolGradientRows(problem, 2, (problem.Window.Kernel.Count + 2) * Padded(problem))
    where TLanes : struct, ILanes<TLanes>
{
    private readonly int _width = (int)Padded(problem);

    protected override void RunRow(in TileArguments arguments, int plane, int d, int h, long row, float* target, float* scratch)
    {
        Extent kernel = Problem.Window.Kernel;
        float* taps = scratch + (2 * _width);
        float* x = arguments.Input(0) + (plane * Problem.Input.Count);
        int tap = 0;
        for (int kd = 0; kd < kernel.D; kd++)
        {
            for (int kh = 0; kh < kernel.H; kh++)
            {
                int start = InputRow(d, h, kd, kh);
                for (int kw = 0; kw < kernel.W; kw++, tap++)
                {
                    Fill(start < 0 ? null : x + start, kw, taps + ((long)tap * _width));
                }
            }
        }
        new ReadOnlySpan<float>(arguments.Input(1) + row, Problem.Output.W).CopyTo(new Span<float>(scratch, _width));
        FindLargest(taps, tap, scratch + _width);
        tap = 0;
        for (int kd = 0; kd < kernel.D; kd++)
        {
            for (int kh = 0; kh < kernel.H; kh++)
            {
                int start = InputRow(d, h, kd, kh);
                for (int kw = 0; kw < kernel.W; kw++, tap++)
                {
                    if (start >= 0)
                    {
                        Scatter(scratch, scratch + _width, tap, taps, kw, target + start);
                    }
                }
            }
        }
    }

    private static long Padded(PoolProblem problem) => (problem.Output.W + 15L) / 16 * 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fill(float* source, int kw, float* taps)
    {
        (int first, int end, int position) = Inside(kw);
        if (source is null)
        {
            first = end = 0;
        }
        for (int i = 0; i < first; i++)
        {
            taps[i] = float.NegativeInfinity;
        }
        int stride = Problem.Window.Stride.W;
        for (int i = first; i < end; i++, position += stride)
        {
            taps[i] = source[position];
        }
        for (int i = end; i < _width; i++)
        {
            taps[i] = float.NegativeInfinity;
        }
    }

    /// <summary>Index of the first largest tap of each output, as a float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FindLargest(float* taps, int count, float* indices)
    {
        for (int i = 0; i < _width; i += TLanes.Count)
        {
            TLanes largest = TLanes.Load(taps + i);
            TLanes index = TLanes.Splat(0);
            for (int t = 1; t < count; t++)
            {
                TLanes value = TLanes.Load(taps + ((long)t * _width) + i);
                TLanes isLarger = TLanes.LessThan(largest, value);
                largest = TLanes.Select(isLarger, value, largest);
                index = TLanes.Select(isLarger, TLanes.Splat(t), index);
            }
            TLanes.Store(index, indices + i);
        }
    }

    /// <summary>Adds the gradient of the outputs whose largest tap is <paramref name="tap"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scatter(float* gradient, float* indices, int tap, float* taps, int kw, float* target)
    {
        TLanes wanted = TLanes.Splat(tap);
        TLanes half = TLanes.Splat(0.5f);
        for (int i = 0; i < _width; i += TLanes.Count)
        {
            TLanes isHere = TLanes.LessThan(TLanes.Abs(TLanes.Subtract(TLanes.Load(indices + i), wanted)), half);
            TLanes.Store(TLanes.Select(isHere, TLanes.Load(gradient + i), TLanes.Splat(0)), taps + i);
        }
        (int first, int end, int position) = Inside(kw);
        int stride = Problem.Window.Stride.W;
        for (int i = first; i < end; i++, position += stride)
        {
            target[position] += taps[i];
        }
    }
}

/// <summary>The adjoint of sums: each output row is divided by its counts and added to every input row and tap that it reads.</summary>
internal sealed unsafe class PoolSpreadRows<TLanes> : PoolGradientRows
    where TLanes : struct, ILanes<TLanes>
{
    private readonly bool _isAverage;
    private readonly int[][] _counts;

    public PoolSpreadRows(PoolSpreadProblem problem) : base(problem.Pool, 1, problem.Pool.Output.W)
    {
        _isAverage = problem.IsAverage;
        _counts = [.. Enumerable.Range(0, Extent.MaxRank).Select(axis => PoolCounts.Along(problem.Pool, axis))];
    }

    protected override void RunRow(in TileArguments arguments, int plane, int d, int h, long row, float* target, float* scratch)
    {
        Extent kernel = Problem.Window.Kernel;
        float* gradient = arguments.Input(0) + row;
        if (_isAverage)
        {
            long outer = (long)_counts[0][d] * _counts[1][h];
            for (int i = 0; i < Problem.Output.W; i++)
            {
                scratch[i] = gradient[i] / Math.Max(1, outer * _counts[2][i]);
            }
            gradient = scratch;
        }
        for (int kd = 0; kd < kernel.D; kd++)
        {
            for (int kh = 0; kh < kernel.H; kh++)
            {
                int start = InputRow(d, h, kd, kh);
                for (int kw = 0; kw < kernel.W && start >= 0; kw++)
                {
                    Add(gradient, kw, target + start);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(float* gradient, int kw, float* target)
    {
        (int first, int end, int position) = Inside(kw);
        int stride = Problem.Window.Stride.W;
        int i = first;
        if (stride == 1)
        {
            for (; i <= end - TLanes.Count; i += TLanes.Count, position += TLanes.Count)
            {
                TLanes.Store(TLanes.Add(TLanes.Load(target + position), TLanes.Load(gradient + i)), target + position);
            }
        }
        for (; i < end; i++, position += stride)
        {
            target[position] += gradient[i];
        }
    }
}
