using System.Runtime.CompilerServices;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// The rows and columns that the windows of a convolution touch, channels last, with padding spelled out as the zero point, so that no
/// tile looks for borders.
/// </summary>
internal sealed unsafe class BytePadding
{
    /// <summary>Tiles read whole vectors.</summary>
    private const int Slack = 64;

    private const int RowsPerItem = 8;

    private readonly Extent _input;
    private readonly Window _window;
    private readonly int _pixelBytes;
    private readonly byte _fill;

    /// <param name="leastHeight">Rows that are read at least, from the first.</param>
    /// <param name="leastWidth">Columns that are read at least.</param>
    public BytePadding(QuantConvProblem problem, int leastHeight = 0, int leastWidth = 0)
    {
        _input = problem.Input;
        _window = problem.Window;
        _pixelBytes = checked(problem.InChannels * problem.XType.Size());
        // Integers of 16 bits have the zero point 0, which is two bytes of it.
        _fill = (byte)problem.XZero;
        long height = Math.Max(leastHeight, Reach(problem, 1));
        long width = Math.Max(leastWidth, Reach(problem, 2));
        IsNeeded = _window.PadBegin != Extent.Zero || height > _input.H || width > _input.W;
        Height = IsNeeded ? checked((int)height) : _input.H;
        Width = IsNeeded ? checked((int)width) : _input.W;
    }

    /// <summary>Whether windows reach beyond the input; otherwise the input is read as it is.</summary>
    public bool IsNeeded { get; }

    public int Height { get; }

    public int Width { get; }

    public long RowBytes => (long)Width * _pixelBytes;

    public long ScratchBytes => IsNeeded ? checked((Height * RowBytes) + Slack) : 0;

    /// <summary>Number of pieces in which the copy is made.</summary>
    public int Items => (Height + RowsPerItem - 1) / RowsPerItem;

    /// <summary>Copies some rows of one image.</summary>
    public void CopyRows(sbyte* input, sbyte* padded, int item) =>
        CopyRows(input, padded + (item * RowsPerItem * RowBytes), item * RowsPerItem, Math.Min(Height, (item + 1) * RowsPerItem));

    /// <summary>Bytes that some rows take.</summary>
    public long BandBytes(int rows) => checked((rows * RowBytes) + Slack);

    /// <summary>Copies some rows of one image.</summary>
    /// <param name="target">Where the first of them goes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void CopyRows(sbyte* input, sbyte* target, int first, int end)
    {
        int rowBytes = (int)RowBytes;
        int left = Math.Min(_window.PadBegin.W, Width);
        int count = Math.Max(0, Math.Min(_input.W, Width - left));
        byte* next = (byte*)target;
        for (int row = first; row < end; row++, next += rowBytes)
        {
            int y = row - _window.PadBegin.H;
            if ((uint)y >= (uint)_input.H)
            {
                new Span<byte>(next, rowBytes).Fill(_fill);
                continue;
            }
            new Span<byte>(next, left * _pixelBytes).Fill(_fill);
            byte* source = (byte*)input + ((long)y * _input.W * _pixelBytes);
            new ReadOnlySpan<byte>(source, count * _pixelBytes).CopyTo(new Span<byte>(next + ((long)left * _pixelBytes), count * _pixelBytes));
            new Span<byte>(next + ((long)(left + count) * _pixelBytes), (Width - left - count) * _pixelBytes).Fill(_fill);
        }
    }

    private static long Reach(QuantConvProblem problem, int axis) => ((problem.Output[axis] - 1L) * problem.Window.Stride[axis]) + problem.Window.Span(axis);
}
