using System.Numerics;
using Edge.Kernels.Dispatch;

namespace Edge.Kernels.Resize;

/// <summary>Walks the indices of a tensor in row-major order.</summary>
internal sealed class Odometer(int[] lengths)
{
    private readonly int[] _index = new int[lengths.Length];

    public int this[int axis] => _index[axis];

    public void Reset() => Array.Clear(_index);

    /// <summary>To the next index; false after the last one, where it starts again.</summary>
    public bool Advance()
    {
        for (int axis = lengths.Length - 1; axis >= 0; axis--)
        {
            if (++_index[axis] < lengths[axis])
            {
                return true;
            }
            _index[axis] = 0;
        }
        return false;
    }
}

/// <summary>The naive row: for each output the sum over the taps of all axes together, in double.</summary>
internal sealed unsafe class ResizeReference<T>(ResizeProblem problem) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly AxisTaps[] _taps = problem.Taps;
    private readonly long[] _strides = new Tensors.Shape([.. problem.Axes.Select(a => a.Input)]).Strides();
    private readonly long _count = new Tensors.Shape([.. problem.Axes.Select(a => a.Output)]).Count;
    private readonly Odometer _output = new([.. problem.Axes.Select(a => a.Output)]);
    private readonly Odometer _tap = new([.. problem.Taps.Select(t => t.Count)]);

    public override void Run(in KernelContext context)
    {
        T* x = (T*)context.Input(0);
        T* y = (T*)context.Output(0);
        _output.Reset();
        for (long i = 0; i < _count; i++)
        {
            y[i] = T.CreateTruncating(IsOutside() ? problem.Rule.Extrapolation : Sum(x));
            _output.Advance();
        }
    }

    private bool IsOutside()
    {
        for (int axis = 0; axis < _taps.Length; axis++)
        {
            if (_taps[axis].Outside[_output[axis]])
            {
                return true;
            }
        }
        return false;
    }

    private double Sum(T* x)
    {
        double sum = 0;
        _tap.Reset();
        do
        {
            double weight = 1;
            long offset = 0;
            for (int axis = 0; axis < _taps.Length; axis++)
            {
                int at = (_output[axis] * _taps[axis].Count) + _tap[axis];
                weight *= _taps[axis].Weights[at];
                offset += _taps[axis].Positions[at] * _strides[axis];
            }
            sum += weight * double.CreateTruncating(x[offset]);
        }
        while (_tap.Advance());
        return sum;
    }
}

/// <summary>The naive row for nearest: copies elements of any type, one at a time.</summary>
internal sealed unsafe class ResizeNearestReference : Kernel
{
    private readonly AxisTaps[] _taps;
    private readonly long[] _strides;
    private readonly long _count;
    private readonly int _bytes;
    private readonly Odometer _output;
    private readonly byte[] _extrapolation;

    public ResizeNearestReference(ResizeProblem problem)
    {
        _taps = problem.Taps;
        _strides = new Tensors.Shape([.. problem.Axes.Select(a => a.Input)]).Strides();
        _count = new Tensors.Shape([.. problem.Axes.Select(a => a.Output)]).Count;
        _bytes = Tensors.DataTypes.Size(problem.Type);
        _output = new Odometer([.. problem.Axes.Select(a => a.Output)]);
        _extrapolation = Encode(problem.Type, problem.Rule.Extrapolation);
    }

    public override void Run(in KernelContext context)
    {
        byte* x = context.Input(0);
        byte* y = context.Output(0);
        _output.Reset();
        for (long i = 0; i < _count; i++, y += _bytes)
        {
            bool outside = false;
            long offset = 0;
            for (int axis = 0; axis < _taps.Length; axis++)
            {
                outside |= _taps[axis].Outside[_output[axis]];
                offset += _taps[axis].Positions[_output[axis]] * _strides[axis];
            }
            ReadOnlySpan<byte> source = outside ? _extrapolation : new ReadOnlySpan<byte>(x + (offset * _bytes), _bytes);
            source.CopyTo(new Span<byte>(y, _bytes));
            _output.Advance();
        }
    }

    /// <summary>The bytes of one element; integers are saturated and bool is "not 0".</summary>
    private static byte[] Encode(Tensors.DataType type, float value) => type == Tensors.DataType.Bool
        ? [(byte)(value != 0 ? 1 : 0)]
        : Tensors.DataTypes.Visit<Encoder, byte[]>(type, new Encoder(value));

    private readonly struct Encoder(float value) : Tensors.IDataTypeVisitor<byte[]>
    {
        public byte[] Visit<T>() where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            T element = T.CreateSaturating(value);
            return new ReadOnlySpan<byte>(&element, sizeof(T)).ToArray();
        }
    }
}
