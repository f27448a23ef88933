using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>
/// Steps through some axes of a tensor in row-major order and keeps the offset of the current position. Made once per
/// kernel; <see cref="Reset"/> and <see cref="Next"/> allocate nothing.
/// </summary>
internal sealed class AxisWalk
{
    private readonly int[] _dims;
    private readonly long[] _strides;
    private readonly int[] _index;

    public AxisWalk(int[] dims, long[] strides)
    {
        _dims = dims;
        _strides = strides;
        _index = new int[dims.Length];
        Count = dims.Aggregate(1L, (product, dim) => checked(product * dim));
    }

    public AxisWalk(Shape shape, IEnumerable<int> axes)
        : this([.. axes.Select(a => shape[a])], [.. axes.Select(a => shape.Strides()[a])])
    {
    }

    /// <summary>Number of positions.</summary>
    public long Count { get; }

    /// <summary>Offset of the current position in elements.</summary>
    public long Offset { get; private set; }

    public void Reset()
    {
        Array.Clear(_index);
        Offset = 0;
    }

    /// <summary>Moves on; from the last position, to the first.</summary>
    public void Next()
    {
        for (int axis = _dims.Length - 1; axis >= 0; axis--)
        {
            Offset += _strides[axis];
            if (++_index[axis] < _dims[axis])
            {
                return;
            }
            Offset -= _strides[axis] * _dims[axis];
            _index[axis] = 0;
        }
    }
}
