using Edge.Kernels.Tensors;

namespace Edge.Kernels.Tests;

/// <summary>Expected results of data movement, worked out index by index.</summary>
internal static class MovementOracle
{
    /// <summary>The types of all element sizes.</summary>
    public static readonly DataType[] Sizes = [DataType.U8, DataType.F16, DataType.F32, DataType.S64];

    /// <summary>The bytes of an output whose element at an index is the input's element at <paramref name="source"/>(index); null gives zero bytes.</summary>
    public static byte[] Pick(Tensor input, Shape output, Func<int[], int[]?> source)
    {
        int size = input.Type.Size();
        var result = new byte[output.Count * size];
        for (int i = 0; i < output.Count; i++)
        {
            if (source(Index(output, i)) is { } place)
            {
                input.ByteSpan().Slice(Offset(input.Shape, place) * size, size).CopyTo(result.AsSpan(i * size));
            }
        }
        return result;
    }

    /// <summary>The index of element number <paramref name="number"/>.</summary>
    public static int[] Index(Shape shape, int number)
    {
        var index = new int[shape.Rank];
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            index[axis] = number % shape[axis];
            number /= shape[axis];
        }
        return index;
    }

    /// <summary>The number of the element at <paramref name="index"/>.</summary>
    public static int Offset(Shape shape, ReadOnlySpan<int> index)
    {
        int offset = 0;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            offset = (offset * shape[axis]) + index[axis];
        }
        return offset;
    }
}
