using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;

namespace Edge.Kernels.Movement;

/// <summary>What stands outside of a padded tensor. The numbers are persisted: they may only grow.</summary>
public enum PadMode
{
    /// <summary>One value.</summary>
    Constant = 0,

    /// <summary>The tensor mirrored at its first and last element, which are not repeated: 3 2 | 1 2 3 | 2 1.</summary>
    Reflect = 1,

    /// <summary>The nearest element: 1 1 | 1 2 3 | 3 3.</summary>
    Edge = 2,

    /// <summary>The tensor from its other end: 2 3 | 1 2 3 | 1 2.</summary>
    Wrap = 3,
}

/// <summary>Output index i along an axis is input index <see cref="PadAxis.Source"/>(i).</summary>
/// <param name="Before">Elements added in front of each axis; negative ones are cut off first.</param>
/// <param name="After">Elements added behind each axis; negative ones are cut off first.</param>
/// <param name="Fill">Bits of the value of <see cref="PadMode.Constant"/>; see <see cref="PadKernels.Bits"/>.</param>
/// <param name="FillIsInput">The value is input 2 instead.</param>
public sealed record PadProblem(Shape Input, int[] Before, int[] After, PadMode Mode, int ElementBytes, ulong Fill, bool FillIsInput = false)
{
    public Shape Output => new([.. Input.ToArray().Select((dim, i) => checked(dim + Before[i] + After[i]))]);

    public override string ToString() => $"{Input} -> {Output}, {Mode}";
}

/// <summary>One axis of a padding.</summary>
internal readonly struct PadAxis
{
    /// <summary>Elements in front of the kept ones.</summary>
    public readonly int Lead;

    /// <summary>First kept element.</summary>
    public readonly int Start;

    /// <summary>Number of kept elements.</summary>
    public readonly int Width;

    private readonly PadMode _mode;

    public PadAxis(PadProblem problem, int axis)
    {
        Lead = Math.Max(0, problem.Before[axis]);
        Start = Math.Max(0, -problem.Before[axis]);
        Width = problem.Input[axis] - Start - Math.Max(0, -problem.After[axis]);
        _mode = problem.Mode;
    }

    /// <summary>The input index that output index <paramref name="i"/> shows, or -1 for the fill value.</summary>
    public int Source(int i)
    {
        long place = (long)i - Lead;
        if (place < 0 || place >= Width)
        {
            long period = Math.Max(1, 2L * (Width - 1));
            long reflected = ((place % period) + period) % period;
            place = _mode switch
            {
                PadMode.Edge => Math.Clamp(place, 0, Width - 1),
                PadMode.Reflect => reflected < Width ? reflected : period - reflected,
                PadMode.Wrap => ((place % Width) + Width) % Width,
                _ => -1,
            };
        }
        return place < 0 ? -1 : (int)(Start + place);
    }
}

/// <summary>Padding and cropping.</summary>
public static class PadKernels
{
    public static readonly KernelTable<PadProblem> Table = new(
        "pad",
        [
            new("pad_any_scalar_runs", CpuFeatures.None, _ => true, p => new PadRuns(p)),
            new("pad_any_ref", CpuFeatures.None, _ => true, p => new PadReference(p)),
        ]) { Device = () => MovementDevice.Pad };

    /// <summary><paramref name="value"/> as an element of <paramref name="type"/>, in the low bits; integers saturate.</summary>
    public static ulong Bits(DataType type, float value) =>
        type == DataType.Bool ? (value != 0 ? 1u : 0u) : type.Visit<BitsVisitor, ulong>(new BitsVisitor(value));

    private readonly struct BitsVisitor(float value) : IDataTypeVisitor<ulong>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public unsafe ulong Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            T converted = T.CreateSaturating(value);
            ulong bits = 0;
            Buffer.MemoryCopy(&converted, &bits, sizeof(ulong), sizeof(T));
            return bits;
        }
    }
}

/// <summary>The naive row: works out the source of every output element.</summary>
internal sealed unsafe class PadReference(PadProblem problem) : Kernel
{
    private readonly int[] _dims = problem.Output.ToArray();
    private readonly long _count = problem.Output.Count;
    private readonly PadAxis[] _axes = [.. Enumerable.Range(0, problem.Input.Rank).Select(axis => new PadAxis(problem, axis))];
    private readonly long[] _strides = problem.Input.Count == 0 ? new long[problem.Input.Rank] : problem.Input.Strides();

    public override void Run(in KernelContext context)
    {
        ulong fill = problem.Fill;
        byte* filler = problem.FillIsInput ? context.Input(2) : (byte*)&fill;
        for (long i = 0; i < _count; i++)
        {
            long rest = i;
            long offset = 0;
            bool inside = true;
            for (int axis = _dims.Length - 1; axis >= 0; axis--)
            {
                int source = _axes[axis].Source((int)(rest % _dims[axis]));
                rest /= _dims[axis];
                inside &= source >= 0;
                offset += source * _strides[axis];
            }
            byte* element = inside ? context.Input(0) + (offset * problem.ElementBytes) : filler;
            Buffer.MemoryCopy(element, context.Output(0) + (i * problem.ElementBytes), problem.ElementBytes, problem.ElementBytes);
        }
    }
}

/// <summary>Row by row: what lies before, the kept run in one copy, what lies behind. The axes behind the last padded one move as a block.</summary>
internal sealed unsafe class PadRuns : Kernel
{
    private readonly PadProblem _problem;
    private readonly PadAxis[] _outer;
    private readonly int[] _outerDims;
    private readonly long[] _outerStrides;
    private readonly PadAxis _last;
    private readonly int _lastDim;
    private readonly long _block;
    private readonly long _rows;

    public PadRuns(PadProblem problem)
    {
        _problem = problem;
        Shape output = problem.Output;
        int last = Math.Max(Array.FindLastIndex(problem.Before, b => b != 0), Array.FindLastIndex(problem.After, a => a != 0));
        last = Math.Max(0, last);
        _outer = [.. Enumerable.Range(0, Math.Min(last, output.Rank)).Select(axis => new PadAxis(problem, axis))];
        _outerDims = output.ToArray()[.._outer.Length];
        bool scalar = output.Rank == 0;
        _last = scalar ? new PadAxis(new PadProblem(new Shape(1), [0], [0], problem.Mode, 1, 0), 0) : new PadAxis(problem, last);
        _lastDim = scalar ? 1 : output[last];
        bool empty = output.Count == 0;
        _rows = empty ? 0 : new Shape(_outerDims).Count;
        _block = problem.ElementBytes * (empty || scalar ? 1 : output.CountRange(last + 1, output.Rank));
        long[] strides = problem.Input.Count == 0 ? new long[problem.Input.Rank] : problem.Input.Strides();
        _outerStrides = [.. strides.Take(_outer.Length).Select(s => s * problem.ElementBytes)];
    }

    public override void Run(in KernelContext context)
    {
        ulong fill = _problem.Fill;
        if (_problem.FillIsInput)
        {
            Buffer.MemoryCopy(context.Input(2), &fill, sizeof(ulong), _problem.ElementBytes);
        }
        byte* target = context.Output(0);
        for (long row = 0; row < _rows; row++)
        {
            byte* source = RowSource(context.Input(0), row);
            if (source is null)
            {
                Fill(target, _lastDim * _block, fill);
            }
            else
            {
                PadRow(source, target, fill);
            }
            target += _lastDim * _block;
        }
    }

    /// <summary>Start of the input row that an output row shows; null for a row of fill values.</summary>
    private byte* RowSource(byte* input, long row)
    {
        for (int axis = _outer.Length - 1; axis >= 0; axis--)
        {
            int source = _outer[axis].Source((int)(row % _outerDims[axis]));
            if (source < 0)
            {
                return null;
            }
            row /= _outerDims[axis];
            input += source * _outerStrides[axis];
        }
        return input;
    }

    private void PadRow(byte* source, byte* target, ulong fill)
    {
        int end = _last.Lead + _last.Width;
        if (_problem.Mode == PadMode.Constant)
        {
            Fill(target, _last.Lead * _block, fill);
            Fill(target + (end * _block), (_lastDim - end) * _block, fill);
        }
        else
        {
            Show(source, target, 0, _last.Lead);
            Show(source, target, end, _lastDim);
        }
        Buffer.MemoryCopy(source + (_last.Start * _block), target + (_last.Lead * _block), _last.Width * _block, _last.Width * _block);
    }

    private void Show(byte* source, byte* target, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            Buffer.MemoryCopy(source + (_last.Source(i) * _block), target + (i * _block), _block, _block);
        }
    }

    private void Fill(byte* target, long bytes, ulong value)
    {
        switch (_problem.ElementBytes)
        {
            case 1: new Span<byte>(target, (int)bytes).Fill((byte)value); break;
            case 2: new Span<ushort>(target, (int)(bytes / 2)).Fill((ushort)value); break;
            case 4: new Span<uint>(target, (int)(bytes / 4)).Fill((uint)value); break;
            default: new Span<ulong>(target, (int)(bytes / 8)).Fill(value); break;
        }
    }
}
