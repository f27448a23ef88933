using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Finds the range of a float32 tensor and quantizes its images by it, channels last with the padding of a convolution spelled out as the zero point.
/// </summary>
internal sealed unsafe class DynamicImage<TLanes> where TLanes : struct, IDynamicLanes
{
    /// <summary>Numbers of which one piece of work finds the range: half a first-level cache.</summary>
    private const long RangeFloats = 4096;

    private const int RowsPerItem = 8;

    /// <summary>Numbers that are quantized at a time.</summary>
    private const int Step = 32;

    private const int PixelsPerStep = Step / Layouts.Block;

    private readonly DynamicConvProblem _problem;
    private readonly BytePadding _padding;
    private readonly int _channels;
    private readonly int _left;
    private readonly int _inside;
    private readonly long _blockFloats;

    public DynamicImage(DynamicConvProblem problem, BytePadding padding)
    {
        _problem = problem;
        _padding = padding;
        _channels = problem.InChannels;
        _left = Math.Min(problem.Window.PadBegin.W, padding.Width);
        _inside = Math.Max(0, Math.Min(problem.Input.W, padding.Width - _left));
        _blockFloats = problem.Input.Count * Layouts.Block;
        long images = (long)problem.Batch * problem.Input.Count;
        bool isCut = problem.InputLayout == Layout.Blocked8 && problem.InChannels % Layouts.Block != 0;
        Pieces = checked((int)(isCut ? (long)problem.Batch * Layouts.Blocks(_channels) : ((images * problem.InChannels) + RangeFloats - 1) / RangeFloats));
        IsCut = isCut;
    }

    /// <summary>Pieces of the tensor whose ranges are found one by one.</summary>
    public int Pieces { get; }

    /// <summary>Pieces of an image that are quantized one by one.</summary>
    public int Items => (_padding.Height + RowsPerItem - 1) / RowsPerItem;

    /// <summary>Bytes of a quantized image.</summary>
    public long Bytes => _padding.BandBytes(_padding.Height);

    /// <summary>Numbers of an image.</summary>
    public long ImageFloats => _problem.InputLayout.ImageElements(_channels, _problem.Input.Count);

    /// <summary>Whether the last block of channels has lanes of unspecified content: then every block is a piece.</summary>
    private bool IsCut { get; }

    /// <summary>Least and greatest number of a piece, and 0.</summary>
    [SkipLocalsInit]
    public (float Min, float Max) Range(float* x, int piece)
    {
        if (IsCut)
        {
            int blocks = Layouts.Blocks(_channels);
            int lanes = Math.Min(Layouts.Block, _channels - (piece % blocks * Layouts.Block));
            return TLanes.Range(x + (piece * _blockFloats), _blockFloats, lanes);
        }
        long first = piece * RangeFloats;
        long count = Math.Min(RangeFloats, (_problem.Batch * ImageFloats) - first);
        long whole = count / Layouts.Block * Layouts.Block;
        (float min, float max) = TLanes.Range(x + first, whole, Layouts.Block);
        if (whole < count)
        {
            float* rest = stackalloc float[Layouts.Block];
            new Span<float>(rest, Layouts.Block).Clear();
            new ReadOnlySpan<float>(x + first + whole, (int)(count - whole)).CopyTo(new Span<float>(rest, Layouts.Block));
            (float restMin, float restMax) = TLanes.Range(rest, Layouts.Block, Layouts.Block);
            return (Math.Min(min, restMin), Math.Max(max, restMax));
        }
        return (min, max);
    }

    /// <summary>Quantizes some rows of an image.</summary>
    /// <param name="x">The image.</param>
    /// <param name="image">The quantized image.</param>
    public void QuantizeRows(float* x, sbyte* image, int item, in DynamicScale scale)
    {
        int end = Math.Min(_padding.Height, (item + 1) * RowsPerItem);
        int rowBytes = (int)_padding.RowBytes;
        int numbers = _padding.Width * _channels;
        int before = _left * _channels;
        int inside = _inside * _channels;
        var zero = (byte)scale.Zero;
        for (int row = item * RowsPerItem; row < end; row++)
        {
            sbyte* wide = image + ((long)row * rowBytes);
            sbyte* target = wide + rowBytes - numbers;
            int y = row - _problem.Window.PadBegin.H;
            if ((uint)y >= (uint)_problem.Input.H)
            {
                new Span<byte>(target, numbers).Fill(zero);
            }
            else
            {
                new Span<byte>(target, before).Fill(zero);
                QuantizeRow(x, y, target + before, scale);
                new Span<byte>(target + before + inside, numbers - before - inside).Fill(zero);
            }
            if (_padding.Widens)
            {
                BytePadding.Widen(target, (short*)wide, numbers);
            }
        }
    }

    private void QuantizeRow(float* x, int row, sbyte* target, in DynamicScale scale)
    {
        long first = (long)row * _problem.Input.W;
        if (_problem.InputLayout == Layout.ChannelsLast || (_problem.InputLayout == Layout.Planar && _channels == 1))
        {
            Line(x + (first * _channels), target, _inside * _channels, scale);
        }
        else if (_problem.InputLayout == Layout.Planar)
        {
            for (int c = 0; c < _channels; c++)
            {
                Scatter(x + (c * _problem.Input.Count) + first, target + c, _channels, _inside, scale);
            }
        }
        else
        {
            for (int c = 0; c < _channels; c += Layouts.Block)
            {
                Pixels(x + (c / Layouts.Block * _blockFloats) + (first * Layouts.Block), target + c, Math.Min(Layouts.Block, _channels - c), scale);
            }
        }
    }

    /// <summary>Numbers that lie side by side and stay so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Line(float* x, sbyte* target, int count, in DynamicScale scale)
    {
        int i = 0;
        for (; i <= count - Step; i += Step)
        {
            (Vector128<sbyte> first, Vector128<sbyte> second) = TLanes.Quantize(x + i, scale);
            first.Store(target + i);
            second.Store(target + i + 16);
        }
        if (i < count)
        {
            sbyte* bytes = stackalloc sbyte[Step];
            Rest(x + i, bytes, count - i, scale);
            new ReadOnlySpan<sbyte>(bytes, count - i).CopyTo(new Span<sbyte>(target + i, count - i));
        }
    }

    /// <summary>A row of one channel.</summary>
    /// <param name="step">Bytes from pixel to pixel of the target.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Scatter(float* x, sbyte* target, int step, int count, in DynamicScale scale)
    {
        sbyte* bytes = stackalloc sbyte[Step];
        for (; count > 0; count -= Step, x += Step)
        {
            int now = Math.Min(Step, count);
            if (now == Step)
            {
                Store(x, bytes, scale);
            }
            else
            {
                Rest(x, bytes, now, scale);
            }
            for (int i = 0; i < now; i++, target += step)
            {
                *target = bytes[i];
            }
        }
    }

    /// <summary>A row of up to eight channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private void Pixels(float* x, sbyte* target, int channels, in DynamicScale scale)
    {
        int count = _inside;
        int step = _channels;
        if (channels < Layouts.Block || count < PixelsPerStep)
        {
            Few(x, target, channels, scale);
            return;
        }
        for (int i = 0; i < count; i += PixelsPerStep)
        {
            // The last four pixels overlap with those before them.
            int first = Math.Min(i, count - PixelsPerStep);
            (Vector128<sbyte> a, Vector128<sbyte> b) = TLanes.Quantize(x + (first * Layouts.Block), scale);
            sbyte* pixel = target + ((long)first * step);
            a.GetLower().Store(pixel);
            a.GetUpper().Store(pixel + step);
            b.GetLower().Store(pixel + (2 * step));
            b.GetUpper().Store(pixel + (3 * step));
        }
    }

    /// <summary>Few pixels, or few channels of each: nothing is written beside them.</summary>
    [SkipLocalsInit]
    private void Few(float* x, sbyte* target, int channels, in DynamicScale scale)
    {
        sbyte* bytes = stackalloc sbyte[Step];
        for (int first = 0; first < _inside; first += PixelsPerStep)
        {
            int now = Math.Min(PixelsPerStep, _inside - first);
            Rest(x + (first * Layouts.Block), bytes, now * Layouts.Block, scale);
            for (int i = 0; i < now; i++)
            {
                DotStore.Partial(bytes + (i * Layouts.Block), target + ((long)(first + i) * _channels), channels);
            }
        }
    }

    /// <summary>Up to 32 numbers, of which no more are read.</summary>
    [SkipLocalsInit]
    private static void Rest(float* x, sbyte* bytes, int count, in DynamicScale scale)
    {
        float* numbers = stackalloc float[Step];
        new ReadOnlySpan<float>(x, count).CopyTo(new Span<float>(numbers, Step));
        new Span<float>(numbers + count, Step - count).Clear();
        Store(numbers, bytes, scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* x, sbyte* bytes, in DynamicScale scale)
    {
        (Vector128<sbyte> first, Vector128<sbyte> second) = TLanes.Quantize(x, scale);
        first.Store(bytes);
        second.Store(bytes + 16);
    }
}
