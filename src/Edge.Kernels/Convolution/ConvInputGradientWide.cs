using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// The gradient by the input over a <see cref="WideGrid"/>: each phase of the input is a sum over output channels and the taps
/// of that phase, six input channels by two vectors of positions at a time. The gradient of the output is read where it lies
/// on the grid; nothing is gathered.
/// </summary>
internal sealed unsafe class ConvInputGradientWide<TLanes> : TiledKernel
    where TLanes : struct, ILanes<TLanes>
{
    private const int Rows = 6;

    /// <summary>Input channels of a tile.</summary>
    private const int BlockRows = 48;

    private readonly ConvGradientProblem _problem;
    private readonly WideGrid _grid;
    private readonly int[][] _taps;
    private readonly int[][] _offsets;
    private readonly long[] _panelStarts;
    private readonly int _blocks;
    private readonly int _panels;
    private readonly int _lead;
    private readonly int _planeFloats;
    private readonly int _positions;

    public ConvInputGradientWide(ConvGradientProblem problem) : base(2)
    {
        _problem = problem;
        _grid = new WideGrid(problem);
        int kernel = (int)problem.Window.Kernel.Count;
        _taps = [.. Enumerable.Range(0, _grid.PhaseCount).Select(p => Enumerable.Range(0, kernel).Where(k => _grid.Phases[k] == p).ToArray())];
        _lead = _grid.Shifts.Max();
        _positions = (int)((_grid.PhaseFloats + (2 * TLanes.Count) - 1) / (2 * TLanes.Count) * (2 * TLanes.Count));
        // Outputs lie between zeros: as many in front as the largest shift, and behind up to the last vector.
        _planeFloats = _lead + Math.Max(_positions, _grid.Depth);
        _offsets = [.. _taps.Select(taps => Offsets(taps))];
        _panels = (problem.GroupInChannels + Rows - 1) / Rows;
        _panelStarts = new long[_grid.PhaseCount + 1];
        for (int p = 0; p < _grid.PhaseCount; p++)
        {
            _panelStarts[p + 1] = _panelStarts[p] + ((long)problem.Groups * _panels * _offsets[p].Length * Rows);
        }
        _blocks = (problem.GroupInChannels + BlockRows - 1) / BlockRows;
        long slot = ((long)problem.GroupOutChannels * _planeFloats) + (Rows * ((_grid.PhaseCount * _grid.PhaseFloats) + (2 * TLanes.Count)));
        SetTiles((long)problem.Batch * problem.Groups * _blocks, slot * sizeof(float));
    }

    public override long ScratchBytes => base.ScratchBytes + (_panelStarts[^1] * sizeof(float));

    public override void Run(in KernelContext context)
    {
        PackWeights((float*)context.Input(1), (float*)(context.Scratch + base.ScratchBytes));
        base.Run(context);
    }

    protected override void RunTile(in TileArguments arguments, int tile, byte* scratch)
    {
        int block = tile % _blocks;
        int group = tile / _blocks % _problem.Groups;
        int image = tile / _blocks / _problem.Groups;
        float* y = (float*)scratch;
        float* result = y + ((long)_problem.GroupOutChannels * _planeFloats);
        float* gradient = arguments.Input(0) + (((image * (long)_problem.OutChannels) + ((long)group * _problem.GroupOutChannels)) * _problem.Output.Count);
        for (int m = 0; m < _problem.GroupOutChannels; m++)
        {
            float* plane = y + ((long)m * _planeFloats);
            new Span<float>(plane, _lead).Clear();
            _grid.Lay(gradient + (m * _problem.Output.Count), plane + _lead, _planeFloats - _lead);
        }
        int end = Math.Min(_problem.GroupInChannels, (block + 1) * BlockRows);
        for (int channel = block * BlockRows; channel < end; channel += Rows)
        {
            int rows = Math.Min(Rows, end - channel);
            Compute(arguments, group, channel / Rows, rows, y, result);
            float* x = (float*)arguments.Output + (((image * (long)_problem.InChannels) + ((long)group * _problem.GroupInChannels) + channel) * _problem.Input.Count);
            for (int r = 0; r < rows; r++)
            {
                _grid.Collect(result + (r * RowFloats), x + (r * _problem.Input.Count));
            }
        }
    }

    /// <summary>Elements of all phases of a channel, and room for the rest of a vector.</summary>
    private long RowFloats => (_grid.PhaseCount * _grid.PhaseFloats) + (2 * TLanes.Count);

    private int[] Offsets(int[] taps) =>
    [
        .. from m in Enumerable.Range(0, _problem.GroupOutChannels)
           from k in taps
           select checked((m * _planeFloats) + _lead - _grid.Shifts[k]),
    ];

    /// <summary>For each phase, group and panel of six input channels: (output channel and tap, 6), zeros beyond the last channel.</summary>
    private void PackWeights(float* weights, float* target)
    {
        int kernel = (int)_problem.Window.Kernel.Count;
        for (int p = 0; p < _taps.Length; p++)
        {
            for (int group = 0; group < _problem.Groups; group++)
            {
                for (int panel = 0; panel < _panels; panel++)
                {
                    int rows = Math.Min(Rows, _problem.GroupInChannels - (panel * Rows));
                    for (int m = 0; m < _problem.GroupOutChannels; m++)
                    {
                        float* source = weights + ((((long)group * _problem.GroupOutChannels) + m) * _problem.Taps) + ((long)panel * Rows * kernel);
                        foreach (int k in _taps[p])
                        {
                            for (int r = 0; r < Rows; r++)
                            {
                                *target++ = r < rows ? source[(r * kernel) + k] : 0;
                            }
                        }
                    }
                }
            }
        }
    }

    [SkipLocalsInit]
    private void Compute(in TileArguments arguments, int group, int panel, int rows, float* y, float* result)
    {
        float* packed = (float*)(arguments.Scratch + base.ScratchBytes);
        for (int p = 0; p < _taps.Length; p++)
        {
            int count = _offsets[p].Length;
            float* weights = packed + _panelStarts[p] + (((((long)group * _panels) + panel) * count) * Rows);
            float* target = result + (p * _grid.PhaseFloats);
            fixed (int* offsets = _offsets[p])
            {
                for (int i = 0; i < _grid.PhaseFloats; i += 2 * TLanes.Count)
                {
                    // Whole vectors are stored: what they spill over is written again by the next phase.
                    Multiply(count, offsets, weights, y + i, target + i, RowFloats, rows);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(int count, int* offsets, float* w, float* y, float* target, long stride, int rows)
    {
        TLanes c00 = TLanes.Splat(0), c01 = TLanes.Splat(0);
        TLanes c10 = TLanes.Splat(0), c11 = TLanes.Splat(0);
        TLanes c20 = TLanes.Splat(0), c21 = TLanes.Splat(0);
        TLanes c30 = TLanes.Splat(0), c31 = TLanes.Splat(0);
        TLanes c40 = TLanes.Splat(0), c41 = TLanes.Splat(0);
        TLanes c50 = TLanes.Splat(0), c51 = TLanes.Splat(0);
        for (int t = 0; t < count; t++)
        {
            float* source = y + offsets[t];
            TLanes b0 = TLanes.Load(source);
            TLanes b1 = TLanes.Load(source + TLanes.Count);
            TLanes a = TLanes.Splat(w[0]);
            c00 = TLanes.MultiplyAdd(a, b0, c00);
            c01 = TLanes.MultiplyAdd(a, b1, c01);
            a = TLanes.Splat(w[1]);
            c10 = TLanes.MultiplyAdd(a, b0, c10);
            c11 = TLanes.MultiplyAdd(a, b1, c11);
            a = TLanes.Splat(w[2]);
            c20 = TLanes.MultiplyAdd(a, b0, c20);
            c21 = TLanes.MultiplyAdd(a, b1, c21);
            a = TLanes.Splat(w[3]);
            c30 = TLanes.MultiplyAdd(a, b0, c30);
            c31 = TLanes.MultiplyAdd(a, b1, c31);
            a = TLanes.Splat(w[4]);
            c40 = TLanes.MultiplyAdd(a, b0, c40);
            c41 = TLanes.MultiplyAdd(a, b1, c41);
            a = TLanes.Splat(w[5]);
            c50 = TLanes.MultiplyAdd(a, b0, c50);
            c51 = TLanes.MultiplyAdd(a, b1, c51);
            w += Rows;
        }
        Store(c00, c01, target, rows, 0, stride);
        Store(c10, c11, target, rows, 1, stride);
        Store(c20, c21, target, rows, 2, stride);
        Store(c30, c31, target, rows, 3, stride);
        Store(c40, c41, target, rows, 4, stride);
        Store(c50, c51, target, rows, 5, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TLanes first, TLanes second, float* target, int rows, int row, long stride)
    {
        if (row < rows)
        {
            TLanes.Store(first, target + (row * stride));
            TLanes.Store(second, target + (row * stride) + TLanes.Count);
        }
    }
}
