using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Resize;

/// <summary>Nearest for any element type: whole rows of the innermost axis, gathered through a table of positions.</summary>
internal sealed unsafe class ResizeNearest : Kernel
{
    private const long MaxRows = 1 << 22;

    private readonly int[] _columns;
    private readonly bool _copiesRows;
    private readonly long[] _rowOffsets;
    private readonly int _bytes;

    public ResizeNearest(ResizeProblem problem)
    {
        AxisTaps last = problem.Taps[^1];
        _columns = last.Positions;
        _copiesRows = last.IsIdentity;
        _bytes = problem.Type.Size();
        _rowOffsets = RowOffsets(problem);
    }

    public static bool Fits(ResizeProblem problem) =>
        problem.Rule.Mode == ResizeMode.Nearest && problem.Axes.Length > 0 && !problem.Extrapolates
        && new Shape([.. problem.Axes[..^1].Select(a => a.Output)]).Count <= MaxRows;

    public override void Run(in KernelContext context)
    {
        long rowBytes = (long)_columns.Length * _bytes;
        byte* y = context.Output(0);
        fixed (int* columns = _columns)
        {
            foreach (long offset in _rowOffsets)
            {
                byte* x = context.Input(0) + (offset * _bytes);
                CopyRow(x, y, columns, rowBytes);
                y += rowBytes;
            }
        }
    }

    private static long[] RowOffsets(ResizeProblem problem)
    {
        long[] strides = new Shape([.. problem.Axes.Select(a => a.Input)]).Strides();
        int[] lengths = [.. problem.Axes[..^1].Select(a => a.Output)];
        var offsets = new long[new Shape(lengths).Count];
        var row = new Odometer(lengths);
        for (long i = 0; i < offsets.LongLength; i++)
        {
            for (int axis = 0; axis < lengths.Length; axis++)
            {
                offsets[i] += problem.Taps[axis].Positions[row[axis]] * strides[axis];
            }
            row.Advance();
        }
        return offsets;
    }

    private void CopyRow(byte* x, byte* y, int* columns, long rowBytes)
    {
        if (_copiesRows)
        {
            Buffer.MemoryCopy(x, y, rowBytes, rowBytes);
            return;
        }
        switch (_bytes)
        {
            case 1: Gather(x, y, columns, _columns.Length); break;
            case 2: Gather((ushort*)x, (ushort*)y, columns, _columns.Length); break;
            case 4: Gather((uint*)x, (uint*)y, columns, _columns.Length); break;
            default: Gather((ulong*)x, (ulong*)y, columns, _columns.Length); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather<T>(T* x, T* y, int* columns, int count) where T : unmanaged
    {
        for (int i = 0; i < count; i++)
        {
            y[i] = x[columns[i]];
        }
    }
}

/// <summary>Both innermost axes doubled, element i read from i / 2: each row is widened once and written twice.</summary>
internal sealed unsafe class ResizeNearestDouble(ResizeProblem problem) : Kernel
{
    private readonly long _rows = new Shape([.. problem.Axes[..^1].Select(a => a.Input)]).Count;
    private readonly int _width = problem.Axes[^1].Input;

    public static bool Fits(ResizeProblem problem) =>
        problem.Type == DataType.F32 && problem.Rule.Mode == ResizeMode.Nearest && !problem.Extrapolates
        && problem.IsPlanar && problem.Taps[^2..].All(IsDoubling) && problem.Axes[^2..].All(a => a.Output == 2L * a.Input);

    public override void Run(in KernelContext context)
    {
        float* x = (float*)context.Input(0);
        float* y = (float*)context.Output(0);
        long rowBytes = 2L * _width * sizeof(float);
        for (long row = 0; row < _rows; row++)
        {
            Widen(x + (row * _width), y + (row * 4 * _width), _width);
            Buffer.MemoryCopy(y + (row * 4 * _width), y + (((row * 4) + 2) * _width), rowBytes, rowBytes);
        }
    }

    private static bool IsDoubling(AxisTaps taps)
    {
        for (int i = 0; i < taps.Positions.Length; i++)
        {
            if (taps.Positions[i] != i / 2)
            {
                return false;
            }
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen(float* x, float* y, int width)
    {
        int i = 0;
        for (; i + 4 <= width; i += 4)
        {
            Vector128<float> value = Vector128.Load(x + i);
            Vector128.Shuffle(value, Vector128.Create(0, 0, 1, 1)).Store(y + (2 * i));
            Vector128.Shuffle(value, Vector128.Create(2, 2, 3, 3)).Store(y + (2 * i) + 4);
        }
        for (; i < width; i++)
        {
            y[2 * i] = x[i];
            y[(2 * i) + 1] = x[i];
        }
    }
}
