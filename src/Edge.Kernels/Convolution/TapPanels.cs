using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Gemm;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Convolution;

/// <summary>
/// The input of a convolution seen as a matrix (channels * taps, outputs), built block by block: tap t of output o along an
/// axis reads position o * step + offset[t], or zero outside the input.
/// </summary>
/// <param name="Input">Spatial size of the input.</param>
/// <param name="Output">Outputs along each axis.</param>
/// <param name="Step">Distance between the positions of neighbouring outputs.</param>
/// <param name="OffsetsD">Offset of each tap along D; the taps are all combinations of D, H and W, W fastest.</param>
/// <param name="Channels">Input channels per matrix; matrix z starts at channel z * Channels.</param>
internal sealed record TapGrid(Extent Input, Extent Output, Extent Step, int[] OffsetsD, int[] OffsetsH, int[] OffsetsW, int Channels)
{
    public int Taps => OffsetsD.Length * OffsetsH.Length * OffsetsW.Length;
}

/// <inheritdoc cref="TapGrid"/>
internal sealed unsafe class TapPanels : PanelSource
{
    private readonly TapGrid _grid;
    private readonly int _outputs;
    private readonly int _taps;
    private readonly int[] _d;
    private readonly int[] _h;
    private readonly int[] _w;

    /// <param name="width">Lanes per panel, a multiple of 4.</param>
    public TapPanels(int width, TapGrid grid) : base(width)
    {
        _grid = grid;
        _outputs = checked((int)grid.Output.Count);
        _taps = grid.Taps;
        int plane = grid.OffsetsH.Length * grid.OffsetsW.Length;
        _d = [.. Enumerable.Range(0, _taps).Select(t => grid.OffsetsD[t / plane])];
        _h = [.. Enumerable.Range(0, _taps).Select(t => grid.OffsetsH[t / grid.OffsetsW.Length % grid.OffsetsH.Length])];
        _w = [.. Enumerable.Range(0, _taps).Select(t => grid.OffsetsW[t % grid.OffsetsW.Length])];
    }

    /// <summary>The panels of a block, and one row of the matrix.</summary>
    public override long ScratchFloats(int panels, int depth) => (long)panels * Width * (depth + 1);

    public override PanelBlock Get(in TileArguments arguments, int batch, int first, int panels, int from, int depth, float* scratch)
    {
        long stride = (long)Width * depth;
        int start = first * Width;
        int count = Math.Min(panels * Width, _outputs - start);
        float* row = scratch + (panels * stride);
        for (int i = count; i < panels * Width; i++)
        {
            row[i] = 0;
        }
        float* x = arguments.Input(0) + ((long)batch * _grid.Channels * _grid.Input.Count);
        int channel = from / Math.Max(1, _taps);
        int tap = from % Math.Max(1, _taps);
        for (int k = 0; k < depth; k++)
        {
            FillRow(x + (channel * _grid.Input.Count), tap, start, count, row);
            Spread(row, scratch + ((long)k * Width), panels, stride);
            if (++tap == _taps)
            {
                tap = 0;
                channel++;
            }
        }
        return new PanelBlock(scratch, stride);
    }

    /// <summary>Values of one tap for <paramref name="count"/> outputs from <paramref name="start"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillRow(float* plane, int tap, int start, int count, float* row)
    {
        Extent input = _grid.Input;
        Extent output = _grid.Output;
        Extent step = _grid.Step;
        int w = start % output.W;
        int h = start / output.W % output.H;
        int d = start / output.W / output.H;
        while (count > 0)
        {
            int length = Math.Min(output.W - w, count);
            int y = (h * step.H) + _h[tap];
            int z = (d * step.D) + _d[tap];
            if ((uint)y < (uint)input.H && (uint)z < (uint)input.D)
            {
                CopyRow(plane + ((((long)z * input.H) + y) * input.W), input.W, (w * step.W) + _w[tap], step.W, length, row);
            }
            else
            {
                new Span<float>(row, length).Clear();
            }
            row += length;
            count -= length;
            w = 0;
            if (++h == output.H)
            {
                h = 0;
                d++;
            }
        }
    }

    /// <summary>target[i] = source[x + i * step], zero outside [0, width).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRow(float* source, int width, int x, int step, int length, float* target)
    {
        int begin = x < 0 ? Math.Min(length, (int)((-(long)x + step - 1) / step)) : 0;
        int end = x >= width ? begin : Math.Max(begin, Math.Min(length, ((width - 1 - x) / step) + 1));
        for (int i = 0; i < begin; i++)
        {
            target[i] = 0;
        }
        source += x;
        int at = begin;
        if (step == 1)
        {
            for (; at <= end - F32x4.Count; at += F32x4.Count)
            {
                F32x4.Store(F32x4.Load(source + at), target + at);
            }
        }
        for (; at < end; at++)
        {
            target[at] = source[(long)at * step];
        }
        for (; at < length; at++)
        {
            target[at] = 0;
        }
    }

    /// <summary>Cuts a row into panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Spread(float* row, float* target, int panels, long stride)
    {
        int width = Width;
        for (int panel = 0; panel < panels; panel++, target += stride)
        {
            for (int i = 0; i < width; i += F32x4.Count, row += F32x4.Count)
            {
                F32x4.Store(F32x4.Load(row), target + i);
            }
        }
    }
}
