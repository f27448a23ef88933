using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Which scale belongs to which element of a tensor seen as [Outer, Axis, Inner]: element (o, a, i) has scale
/// o * OuterStride + (a / Block) * AxisStride + i * InnerStride. The strides are 0 where a scale is shared.
/// </summary>
public readonly record struct ScaleMap(long Outer, int Axis, long Inner, int Block, long OuterStride, long AxisStride, long InnerStride)
{
    /// <summary>One scale for all elements.</summary>
    public static ScaleMap PerTensor(Shape shape) => new(1, 1, shape.Count, 1, 0, 0, 0);

    /// <summary>One scale for each position along <paramref name="axis"/>.</summary>
    public static ScaleMap PerAxis(Shape shape, int axis) =>
        new(shape.CountRange(0, axis), shape[axis], shape.CountRange(axis + 1, shape.Rank), 1, 0, 1, 0);

    /// <summary>One scale for <paramref name="block"/> neighbours along <paramref name="axis"/>; the last block may be shorter.</summary>
    public static ScaleMap Blocked(Shape shape, int axis, int block)
    {
        long inner = shape.CountRange(axis + 1, shape.Rank);
        long blocks = (shape[axis] + (long)block - 1) / block;
        return new ScaleMap(shape.CountRange(0, axis), shape[axis], inner, block, blocks * inner, inner, 1);
    }
}
