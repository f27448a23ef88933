using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// Geometry that turns the taps of a convolution into plain offsets. The padded input of a channel is cut into phases, those
/// positions that are equal modulo the stride; each phase is a small grid. The output is laid on a grid of the same size, with
/// zeros where there is no output. Output o and tap k then meet at element o + <see cref="Shifts"/>[k] of phase
/// <see cref="Phases"/>[k], whatever o is, so that long runs of outputs are multiplied as vectors and nothing is gathered.
/// </summary>
internal sealed class WideGrid
{
    private readonly Extent _grid;
    private readonly Extent _phaseCounts;
    private readonly ConvGradientProblem _problem;

    public WideGrid(ConvGradientProblem problem)
    {
        _problem = problem;
        Window window = problem.Window;
        _phaseCounts = window.Stride;
        _grid = new Extent(Cells(0), Cells(1), Cells(2));
        PhaseFloats = _grid.Count;
        ChannelFloats = PhaseFloats * _phaseCounts.Count;
        Depth = checked((int)(((((problem.Output.D - 1L) * _grid.H) + problem.Output.H - 1) * _grid.W) + problem.Output.W));
        int taps = (int)window.Kernel.Count;
        Phases = new int[taps];
        Shifts = new int[taps];
        for (int k = 0; k < taps; k++)
        {
            var tap = new Extent(
                k / window.Kernel.W / window.Kernel.H * window.Dilation.D, k / window.Kernel.W % window.Kernel.H * window.Dilation.H, k % window.Kernel.W * window.Dilation.W);
            Phases[k] = (((tap.D % _phaseCounts.D * _phaseCounts.H) + (tap.H % _phaseCounts.H)) * _phaseCounts.W) + (tap.W % _phaseCounts.W);
            Shifts[k] = (((tap.D / _phaseCounts.D * _grid.H) + (tap.H / _phaseCounts.H)) * _grid.W) + (tap.W / _phaseCounts.W);
        }
    }

    /// <summary>Phase that each tap reads.</summary>
    public int[] Phases { get; }

    /// <summary>Offset of each tap within its phase.</summary>
    public int[] Shifts { get; }

    /// <summary>Elements of one phase of one channel.</summary>
    public long PhaseFloats { get; }

    /// <summary>Elements of all phases of one channel.</summary>
    public long ChannelFloats { get; }

    /// <summary>Elements from the first to the last output on the grid.</summary>
    public int Depth { get; }

    public int PhaseCount => (int)_phaseCounts.Count;

    /// <summary>Whether the grid does not grow far beyond input and output, as it would for strides beyond the kernel.</summary>
    public static bool Fits(ConvGradientProblem problem)
    {
        if (problem.Type != DataType.F32 || problem.IsEmpty || problem.Taps > int.MaxValue / 8)
        {
            return false;
        }
        double cells = 1;
        double stride = 1;
        for (int axis = 0; axis < Extent.MaxRank; axis++)
        {
            cells *= (((problem.Output[axis] - 1.0) * problem.Window.Stride[axis]) + problem.Window.Span(axis)) / problem.Window.Stride[axis] + 1;
            stride *= problem.Window.Stride[axis];
        }
        return cells * stride * Math.Max(problem.InChannels, problem.OutChannels) < int.MaxValue / 8
            && cells * stride <= 64.0 * (problem.Input.Count + problem.Output.Count + problem.Window.Kernel.Count);
    }

    /// <summary>Copies a channel of x into its phases, zeros where there is padding.</summary>
    /// <param name="x">Spatial plane of the input.</param>
    /// <param name="phases"><see cref="ChannelFloats"/> elements.</param>
    public unsafe void Spread(float* x, float* phases)
    {
        Extent input = _problem.Input;
        Window window = _problem.Window;
        for (int d = 0; d < _grid.D * _phaseCounts.D; d++)
        {
            int z = d - window.PadBegin.D;
            for (int h = 0; h < _grid.H * _phaseCounts.H; h++)
            {
                int y = h - window.PadBegin.H;
                bool isInside = (uint)z < (uint)input.D && (uint)y < (uint)input.H;
                float* source = isInside ? x + ((((long)z * input.H) + y) * input.W) : null;
                for (int p = 0; p < _phaseCounts.W; p++)
                {
                    int phase = (((d % _phaseCounts.D * _phaseCounts.H) + (h % _phaseCounts.H)) * _phaseCounts.W) + p;
                    float* row = phases + (phase * PhaseFloats) + ((((long)(d / _phaseCounts.D) * _grid.H) + (h / _phaseCounts.H)) * _grid.W);
                    CopyRow(source, input.W, p - window.PadBegin.W, _phaseCounts.W, row, _grid.W);
                }
            }
        }
    }

    /// <summary>The reverse of <see cref="Spread"/>: collects a channel of x from its phases. Positions that no tap reaches become 0.</summary>
    public unsafe void Collect(float* phases, float* x)
    {
        Extent input = _problem.Input;
        Window window = _problem.Window;
        Extent reached = new(_grid.D * _phaseCounts.D, _grid.H * _phaseCounts.H, _grid.W * _phaseCounts.W);
        for (int z = 0; z < input.D; z++)
        {
            int d = z + window.PadBegin.D;
            for (int y = 0; y < input.H; y++, x += input.W)
            {
                int h = y + window.PadBegin.H;
                if (d >= reached.D || h >= reached.H)
                {
                    new Span<float>(x, input.W).Clear();
                    continue;
                }
                long row = (((long)(d / _phaseCounts.D) * _grid.H) + (h / _phaseCounts.H)) * _grid.W;
                long phase = ((d % _phaseCounts.D * _phaseCounts.H) + (h % _phaseCounts.H)) * (long)_phaseCounts.W;
                if (_phaseCounts.W == 1)
                {
                    int length = Math.Clamp(_grid.W - window.PadBegin.W, 0, input.W);
                    new ReadOnlySpan<float>(phases + (phase * PhaseFloats) + row + window.PadBegin.W, length).CopyTo(new Span<float>(x, length));
                    new Span<float>(x + length, input.W - length).Clear();
                    continue;
                }
                for (int i = 0; i < input.W; i++)
                {
                    int w = i + window.PadBegin.W;
                    x[i] = w < reached.W ? phases[((phase + (w % _phaseCounts.W)) * PhaseFloats) + row + (w / _phaseCounts.W)] : 0;
                }
            }
        }
    }

    /// <summary>Lays a channel of y on the grid, zeros between rows and up to <paramref name="length"/>.</summary>
    /// <param name="length">At least <see cref="Depth"/>.</param>
    public unsafe void Lay(float* y, float* target, int length)
    {
        new Span<float>(target, length).Clear();
        Extent output = _problem.Output;
        for (int d = 0; d < output.D; d++)
        {
            for (int h = 0; h < output.H; h++, y += output.W)
            {
                new ReadOnlySpan<float>(y, output.W).CopyTo(new Span<float>(target + ((((long)d * _grid.H) + h) * _grid.W), output.W));
            }
        }
    }

    /// <summary>Positions of the padded input that outputs reach, divided by the stride and rounded up.</summary>
    private int Cells(int axis)
    {
        long reached = ((_problem.Output[axis] - 1L) * _problem.Window.Stride[axis]) + _problem.Window.Span(axis);
        return checked((int)((reached + _problem.Window.Stride[axis] - 1) / _problem.Window.Stride[axis]));
    }

    /// <summary>row[i] = source[first + i * step], zero outside [0, width) and where source is null.</summary>
    private static unsafe void CopyRow(float* source, int width, int first, int step, float* row, int length)
    {
        int i = 0;
        if (source is not null)
        {
            for (; i < length && first + (i * step) < 0; i++)
            {
                row[i] = 0;
            }
            if (step == 1)
            {
                int count = Math.Max(0, Math.Min(length - i, width - first - i));
                new ReadOnlySpan<float>(source + first + i, count).CopyTo(new Span<float>(row + i, count));
                i += count;
            }
            else
            {
                for (; i < length && first + (i * step) < width; i++)
                {
                    row[i] = source[first + (i * step)];
                }
            }
        }
        new Span<float>(row + i, length - i).Clear();
    }
}
