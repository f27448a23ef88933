using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Pooling;

/// <summary>Windows of one row that have the same taps.</summary>
internal unsafe struct ByteWindows
{
    /// <summary>Bytes from the first byte of a window to each tap.</summary>
    public int* Taps;

    public int TapCount;

    /// <summary>Bytes of the channels of a position.</summary>
    public int Channels;

    /// <summary>Bytes from window to window of the input.</summary>
    public long Step;

    public int Count;

    /// <summary>Behind the last byte of the row of the output.</summary>
    public sbyte* End;
}

/// <summary>Maxima of windows, a vector of channels at a time.</summary>
internal unsafe interface IByteMax
{
    /// <summary>
    /// Computes windows of a row in order. Vectors are stored whole where the row goes on, over channels that later windows write again. Tensors can
    /// be read beyond their end.
    /// </summary>
    static abstract void Row(sbyte* x, sbyte* y, in ByteWindows windows);
}

/// <summary>16 channels at a time.</summary>
internal readonly unsafe struct ByteMax16 : IByteMax
{
    public const int Lanes = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, sbyte* y, in ByteWindows windows)
    {
        int* end = windows.Taps + windows.TapCount;
        for (int i = windows.Count; i > 0; i--)
        {
            for (int c = 0; c < windows.Channels; c += Lanes)
            {
                Vector128<sbyte> max = Vector128.Create(sbyte.MinValue);
                for (int* tap = windows.Taps; tap < end; tap++)
                {
                    max = Vector128.Max(max, Vector128.Load(x + c + *tap));
                }
                if (windows.End - (y + c) >= Lanes)
                {
                    max.Store(y + c);
                }
                else
                {
                    // A copy: a vector whose address is taken would stay in memory.
                    Vector128<sbyte> rest = max;
                    Unsafe.CopyBlockUnaligned(y + c, &rest, (uint)(windows.End - (y + c)));
                }
            }
            x += windows.Step;
            y += windows.Channels;
        }
    }
}

/// <summary>Eight channels of 16 bits at a time.</summary>
internal readonly unsafe struct WordMax8 : IByteMax
{
    private const int Lanes = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, sbyte* y, in ByteWindows windows)
    {
        int* end = windows.Taps + windows.TapCount;
        for (int i = windows.Count; i > 0; i--)
        {
            for (int c = 0; c < windows.Channels; c += Lanes)
            {
                Vector128<short> max = Vector128.Create(short.MinValue);
                for (int* tap = windows.Taps; tap < end; tap++)
                {
                    max = Vector128.Max(max, Vector128.Load(x + c + *tap).AsInt16());
                }
                if (windows.End - (y + c) >= Lanes)
                {
                    max.AsSByte().Store(y + c);
                }
                else
                {
                    // A copy: a vector whose address is taken would stay in memory.
                    Vector128<short> rest = max;
                    Unsafe.CopyBlockUnaligned(y + c, &rest, (uint)(windows.End - (y + c)));
                }
            }
            x += windows.Step;
            y += windows.Channels;
        }
    }
}

/// <summary>32 channels at a time.</summary>
internal readonly unsafe struct ByteMax32 : IByteMax
{
    public const int Lanes = 32;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, sbyte* y, in ByteWindows windows)
    {
        int* end = windows.Taps + windows.TapCount;
        for (int i = windows.Count; i > 0; i--)
        {
            for (int c = 0; c < windows.Channels; c += Lanes)
            {
                Vector256<sbyte> max = Vector256.Create(sbyte.MinValue);
                for (int* tap = windows.Taps; tap < end; tap++)
                {
                    max = Vector256.Max(max, Vector256.Load(x + c + *tap));
                }
                if (windows.End - (y + c) >= Lanes)
                {
                    max.Store(y + c);
                }
                else
                {
                    // A copy: a vector whose address is taken would stay in memory.
                    Vector256<sbyte> rest = max;
                    Unsafe.CopyBlockUnaligned(y + c, &rest, (uint)(windows.End - (y + c)));
                }
            }
            x += windows.Step;
            y += windows.Channels;
        }
    }
}

/// <summary>64 channels at a time.</summary>
internal readonly unsafe struct ByteMax64 : IByteMax
{
    public const int Lanes = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(sbyte* x, sbyte* y, in ByteWindows windows)
    {
        int* end = windows.Taps + windows.TapCount;
        for (int i = windows.Count; i > 0; i--)
        {
            for (int c = 0; c < windows.Channels; c += Lanes)
            {
                Vector512<sbyte> max = Vector512.Create(sbyte.MinValue);
                for (int* tap = windows.Taps; tap < end; tap++)
                {
                    max = Vector512.Max(max, Vector512.Load(x + c + *tap));
                }
                if (windows.End - (y + c) >= Lanes)
                {
                    max.Store(y + c);
                }
                else
                {
                    // A copy: a vector whose address is taken would stay in memory.
                    Vector512<sbyte> rest = max;
                    Unsafe.CopyBlockUnaligned(y + c, &rest, (uint)(windows.End - (y + c)));
                }
            }
            x += windows.Step;
            y += windows.Channels;
        }
    }
}

/// <summary>Row by row; windows that reach over the border have taps of their own.</summary>
internal sealed unsafe class ByteMaxPool<TMax> : Kernel where TMax : struct, IByteMax
{
    private readonly BytePoolProblem _problem;
    private readonly int _mostTaps;
    private readonly int _bytes;

    /// <summary>The windows of a row that lie on the input as a whole, along W.</summary>
    private readonly int _firstInner;

    private readonly int _endInner;

    public ByteMaxPool(BytePoolProblem problem)
    {
        _problem = problem;
        _mostTaps = checked((int)problem.Window.Kernel.Count);
        _bytes = problem.Type.Size();
        while (_firstInner < problem.Output.W && !IsInner(_firstInner))
        {
            _firstInner++;
        }
        _endInner = _firstInner;
        while (_endInner < problem.Output.W && IsInner(_endInner))
        {
            _endInner++;
        }
    }

    public override void Run(in KernelContext context)
    {
        var operands = new Operands { X = (sbyte*)context.Input(0), Y = (sbyte*)context.Output(0) };
        context.Pool.Run(this, &operands, &RunRow, checked(_problem.Batch * _problem.Output.D * _problem.Output.H));
    }

    private static void RunRow(object owner, void* state, int row) => ((ByteMaxPool<TMax>)owner).PoolRow(*(Operands*)state, row);

    private bool IsInner(int w)
    {
        long start = ((long)w * _problem.Window.Stride.W) - _problem.Window.PadBegin.W;
        return start >= 0 && start + _problem.Window.Span(2) <= _problem.Input.W;
    }

    [SkipLocalsInit]
    private void PoolRow(Operands operands, int row)
    {
        Extent output = _problem.Output;
        int d = row / output.H % output.D;
        int h = row % output.H;
        sbyte* x = operands.X + (row / (output.D * output.H) * _problem.Channels * _problem.Input.Count * _bytes);
        int channels = _problem.Channels * _bytes;
        sbyte* y = operands.Y + ((long)row * output.W * channels);
        int* taps = stackalloc int[_mostTaps];
        var windows = new ByteWindows
        {
            Taps = taps,
            Channels = channels,
            Step = (long)_problem.Window.Stride.W * channels,
            End = y + ((long)output.W * channels),
        };
        for (int w = 0; w < output.W; w += windows.Count)
        {
            windows.Count = w == _firstInner && w < _endInner ? _endInner - w : 1;
            windows.TapCount = ListTaps(d, h, w, taps, out long start);
            TMax.Row(x + start, y + ((long)w * channels), windows);
        }
    }

    /// <summary>Lists the taps of a window on the input.</summary>
    /// <param name="start">Bytes from the first of the image to the first tap.</param>
    /// <returns>How many.</returns>
    private int ListTaps(int d, int h, int w, int* taps, out long start)
    {
        (int firstD, int endD) = _problem.Covered(0, d);
        (int firstH, int endH) = _problem.Covered(1, h);
        (int firstW, int endW) = _problem.Covered(2, w);
        start = _problem.Offset(firstD, firstH, firstW) * _bytes;
        int count = 0;
        for (int a = firstD; a < endD; a += _problem.Window.Dilation.D)
        {
            for (int b = firstH; b < endH; b += _problem.Window.Dilation.H)
            {
                for (int c = firstW; c < endW; c += _problem.Window.Dilation.W)
                {
                    taps[count++] = checked((int)((_problem.Offset(a, b, c) * _bytes) - start));
                }
            }
        }
        return count;
    }

    private struct Operands
    {
        public sbyte* X;
        public sbyte* Y;
    }
}
