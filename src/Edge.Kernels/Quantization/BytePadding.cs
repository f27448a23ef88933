using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    private readonly int _zero;

    /// <param name="leastHeight">Rows that are read at least, from the first.</param>
    /// <param name="leastWidth">Columns that are read at least.</param>
    /// <param name="widens">The input has 8 bits, what is read from the copy 16: <paramref name="problem"/> says so.</param>
    public BytePadding(QuantConvProblem problem, int leastHeight = 0, int leastWidth = 0, bool widens = false)
    {
        _input = problem.Input;
        _window = problem.Window;
        _pixelBytes = checked(problem.InChannels * problem.XType.Size());
        _zero = problem.XZero;
        Widens = widens;
        long height = Math.Max(leastHeight, Reach(problem, 1));
        long width = Math.Max(leastWidth, Reach(problem, 2));
        IsNeeded = widens || _window.PadBegin != Extent.Zero || height > _input.H || width > _input.W;
        Height = IsNeeded ? checked((int)height) : _input.H;
        Width = IsNeeded ? checked((int)width) : _input.W;
    }

    /// <summary>Whether the copy has 16 bits where the input has 8.</summary>
    public bool Widens { get; }

    /// <summary>Whether windows reach beyond the input, or it is widened; otherwise the input is read as it is.</summary>
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
                Fill(next, rowBytes);
                continue;
            }
            Fill(next, left * _pixelBytes);
            Copy((byte*)input, (long)y * _input.W * _pixelBytes, next + ((long)left * _pixelBytes), count * _pixelBytes);
            Fill(next + ((long)(left + count) * _pixelBytes), (Width - left - count) * _pixelBytes);
        }
    }

    /// <summary>Bytes as integers of 16 bits.</summary>
    /// <param name="source">May be the second half of <paramref name="target"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(sbyte* source, short* target, int count)
    {
        int i = 0;
        for (; i <= count - 32; i += 32)
        {
            Vector256<sbyte> bytes = Vector256.Load(source + i);
            Vector256.WidenLower(bytes).Store(target + i);
            Vector256.WidenUpper(bytes).Store(target + i + 16);
        }
        for (; i < count; i++)
        {
            target[i] = source[i];
        }
    }

    /// <param name="bytes">In the copy.</param>
    private void Fill(byte* target, int bytes)
    {
        if (Widens)
        {
            new Span<short>(target, bytes / sizeof(short)).Fill((short)_zero);
        }
        else
        {
            // Integers of 16 bits have the zero point 0, which is two bytes of it.
            new Span<byte>(target, bytes).Fill((byte)_zero);
        }
    }

    /// <param name="offset">Bytes that what lies before takes in the copy.</param>
    /// <param name="bytes">In the copy.</param>
    private void Copy(byte* input, long offset, byte* target, int bytes)
    {
        if (Widens)
        {
            Widen((sbyte*)input + (offset / sizeof(short)), (short*)target, bytes / sizeof(short));
        }
        else
        {
            new ReadOnlySpan<byte>(input + offset, bytes).CopyTo(new Span<byte>(target, bytes));
        }
    }

    private static long Reach(QuantConvProblem problem, int axis) => ((problem.Output[axis] - 1L) * problem.Window.Stride[axis]) + problem.Window.Span(axis);
}
