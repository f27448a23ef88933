using System.Globalization;

namespace Edge.Kernels.Tensors;

/// <summary>The dimensions of a tensor, outermost first; immutable. Rank 0 is a scalar with one element; a dimension may be 0.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[]? _dims;

    /// <param name="dims">Each at least 0; copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative.</exception>
    public Shape(params ReadOnlySpan<int> dims)
    {
        foreach (int dim in dims)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dim, nameof(dims));
        }
        _dims = dims.ToArray();
    }

    public static Shape Scalar => default;

    public int Rank => _dims?.Length ?? 0;

    public ReadOnlySpan<int> Dims => _dims;

    /// <summary>The dimension at <paramref name="axis"/>; <c>^1</c> is the innermost.</summary>
    public int this[Index axis] => Dims[axis];

    /// <summary>Number of elements.</summary>
    /// <exception cref="OverflowException">The product passes 2^63.</exception>
    public long Count
    {
        get
        {
            // A zero dimension makes the tensor empty whatever the other dimensions are.
            if (Dims.Contains(0))
            {
                return 0;
            }
            long count = 1;
            foreach (int dim in Dims)
            {
                count = checked(count * dim);
            }
            return count;
        }
    }

    /// <summary>Product of the dimensions in [<paramref name="from"/>, <paramref name="to"/>); 1 for an empty range.</summary>
    public long CountRange(int from, int to)
    {
        long count = 1;
        for (int i = from; i < to; i++)
        {
            count = checked(count * Dims[i]);
        }
        return count;
    }

    /// <summary>Row-major strides in elements.</summary>
    public long[] Strides()
    {
        var strides = new long[Rank];
        long stride = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride = checked(stride * Math.Max(1, Dims[i]));
        }
        return strides;
    }

    public int[] ToArray() => Dims.ToArray();

    /// <summary>This shape with the dimension at <paramref name="axis"/> replaced.</summary>
    public Shape With(int axis, int dim)
    {
        int[] dims = ToArray();
        dims[axis] = dim;
        return new Shape(dims);
    }

    public bool Equals(Shape other) => Dims.SequenceEqual(other.Dims);

    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int dim in Dims)
        {
            hash.Add(dim);
        }
        return hash.ToHashCode();
    }

    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);

    /// <summary><c>[1,3,224,224]</c>, the same in every culture.</summary>
    public override string ToString() =>
        "[" + string.Join(',', ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture))) + "]";
}
