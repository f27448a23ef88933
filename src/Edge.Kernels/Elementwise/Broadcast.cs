using Edge.Kernels.Tensors;

namespace Edge.Kernels.Elementwise;

/// <summary>The shape rule of NumPy broadcasting: shapes are aligned at the last axis; a dimension of 1 is repeated.</summary>
public static class Broadcast
{
    /// <summary>The common shape, or null where the shapes do not fit.</summary>
    public static Shape? TryCombine(Shape a, Shape b)
    {
        var dims = new int[Math.Max(a.Rank, b.Rank)];
        for (int i = 1; i <= dims.Length; i++)
        {
            int x = i <= a.Rank ? a[^i] : 1;
            int y = i <= b.Rank ? b[^i] : 1;
            if (x != y && x != 1 && y != 1)
            {
                return null;
            }
            dims[^i] = x == 1 ? y : x;
        }
        return new Shape(dims);
    }

    /// <summary>Strides of an operand of shape <paramref name="operand"/> over the axes of <paramref name="output"/>: 0 where it is repeated.</summary>
    public static long[] Strides(Shape operand, Shape output)
    {
        long[] own = operand.Strides();
        var strides = new long[output.Rank];
        for (int i = 1; i <= operand.Rank; i++)
        {
            strides[^i] = operand[^i] == 1 ? 0 : own[^i];
        }
        return strides;
    }
}
