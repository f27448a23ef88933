using System.Runtime.CompilerServices;
using Edge.Kernels.Simd;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>
/// Rearranges the input rows that a band of output rows reads, so that each tap of neighbouring outputs of a row is a
/// contiguous load: padded rows, split by phase of the stride along W. Output rows of one band differ in H only.
/// </summary>
internal sealed unsafe class WindowRows
{
    /// <summary>Floats of a band that fit the first-level cache beside the output.</summary>
    private const int BandFloats = 6144;

    /// <summary>Taps below which a tile is not worth claiming alone.</summary>
    private const long LeastWork = 20_000;

    private readonly Extent _input;
    private readonly Extent _output;
    private readonly Window _window;
    private readonly int _phases;
    private readonly int _phaseFloats;
    private readonly int _rowsPerBand;
    private readonly int _bandsPerSlice;
    private readonly int _sliceRows;

    /// <param name="lanes">Vector length: rows are readable up to the next multiple.</param>
    public WindowRows(Extent input, Extent output, Window window, int lanes)
    {
        _input = input;
        _output = output;
        _window = window;
        int span = checked((int)window.Span(2));
        _phases = Math.Min(window.Stride.W, span);
        _phaseFloats = checked(((output.W + lanes - 1) / lanes * lanes) + ((span - 1) / window.Stride.W) + 1);
        RowFloats = checked(_phases * _phaseFloats);
        long perRow = (long)RowFloats * window.Stride.H * window.Kernel.D;
        _rowsPerBand = (int)Math.Clamp(BandFloats / Math.Max(1, perRow), Math.Min(4, Math.Max(1, output.H)), Math.Max(1, output.H));
        _bandsPerSlice = (output.H + _rowsPerBand - 1) / _rowsPerBand;
        _sliceRows = checked((int)(((_rowsPerBand - 1L) * window.Stride.H) + window.Span(1)));
    }

    /// <summary>Whether the rearranged rows of one band stay small; they do unless dilation or padding is out of all proportion.</summary>
    public static bool Fits(Extent output, Window window)
    {
        const double MostFloats = 1 << 21;
        double rowFloats = ((double)output.W * window.Stride.W) + window.Span(2) + 64;
        return (double)window.Kernel.D * ((4.0 * window.Stride.H) + window.Span(1)) * rowFloats <= MostFloats && window.Kernel.Count <= 4096;
    }

    /// <summary>Bands per plane.</summary>
    public int Bands => checked(_output.D * _bandsPerSlice);

    /// <summary>Floats of one rearranged input row.</summary>
    public int RowFloats { get; }

    /// <summary>Distance between what neighbouring output rows read.</summary>
    public long RowStep => (long)RowFloats * _window.Stride.H;

    /// <summary>Floats that <see cref="Fill"/> writes.</summary>
    public long ScratchFloats => checked((long)_window.Kernel.D * _sliceRows * RowFloats);

    /// <summary>Planes that are computed together so that a tile is worth claiming.</summary>
    public int PlanesPerTile(long planes) =>
        Bands > 1 ? 1 : (int)Math.Clamp(LeastWork / Math.Max(1, _output.Count * _window.Kernel.Count), 1, Math.Max(1, planes / 16));

    /// <summary>Where each tap of output (row 0, column 0) of a band is in the rearranged rows (int32, W fastest).</summary>
    public AlignedBuffer TapOffsets()
    {
        Extent kernel = _window.Kernel;
        var buffer = new AlignedBuffer(kernel.Count * sizeof(int));
        int* next = (int*)buffer.Data;
        for (int d = 0; d < kernel.D; d++)
        {
            for (int h = 0; h < kernel.H; h++)
            {
                for (int w = 0; w < kernel.W; w++)
                {
                    int at = w * _window.Dilation.W;
                    int row = (d * _sliceRows) + (h * _window.Dilation.H);
                    *next++ = checked((row * RowFloats) + (at % _window.Stride.W * _phaseFloats) + (at / _window.Stride.W));
                }
            }
        }
        return buffer;
    }

    /// <summary>Offset in a plane of the first output of a band.</summary>
    public long FirstOutput(int band) => (((long)(band / _bandsPerSlice) * _output.H) + FirstRow(band)) * _output.W;

    /// <summary>The D coordinate of the outputs of a band.</summary>
    public int Slice(int band) => band / _bandsPerSlice;

    /// <summary>The H coordinate of the first output row of a band.</summary>
    public int FirstRow(int band) => band % _bandsPerSlice * _rowsPerBand;

    /// <summary>Rearranges the rows of one band and returns its number of output rows.</summary>
    /// <param name="fill">What padding holds.</param>
    public int Fill(float* plane, int band, float fill, float* target)
    {
        int first = FirstRow(band);
        int rows = Math.Min(_rowsPerBand, _output.H - first);
        int sourceRows = (int)(((rows - 1L) * _window.Stride.H) + _window.Span(1));
        for (int d = 0; d < _window.Kernel.D; d++)
        {
            int z = (Slice(band) * _window.Stride.D) + (d * _window.Dilation.D) - _window.PadBegin.D;
            float* to = target + ((long)d * _sliceRows * RowFloats);
            for (int row = 0; row < sourceRows; row++, to += RowFloats)
            {
                int y = (first * _window.Stride.H) + row - _window.PadBegin.H;
                if ((uint)z < (uint)_input.D && (uint)y < (uint)_input.H)
                {
                    FillRow(plane + ((((long)z * _input.H) + y) * _input.W), fill, to);
                }
                else
                {
                    new Span<float>(to, RowFloats).Fill(fill);
                }
            }
        }
        return rows;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillRow(float* source, float fill, float* target)
    {
        int stride = _window.Stride.W;
        int width = _input.W;
        int count = _phaseFloats;
        for (int phase = 0; phase < _phases; phase++, target += count)
        {
            int x = phase - _window.PadBegin.W;
            int begin = x < 0 ? (int)Math.Min(count, (-(long)x + stride - 1) / stride) : 0;
            int end = x >= width ? begin : Math.Max(begin, (int)Math.Min(count, ((width - 1L - x) / stride) + 1));
            int i = 0;
            for (; i < begin; i++)
            {
                target[i] = fill;
            }
            float* from = source + x + ((long)begin * stride);
            if (stride == 1)
            {
                for (; i <= end - F32x4.Count; i += F32x4.Count, from += F32x4.Count)
                {
                    F32x4.Store(F32x4.Load(from), target + i);
                }
            }
            for (; i < end; i++, from += stride)
            {
                target[i] = *from;
            }
            for (; i < count; i++)
            {
                target[i] = fill;
            }
        }
    }
}
