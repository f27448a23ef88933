using Edge.Kernels.Tensors;

namespace Edge.Kernels.Reduction;

/// <summary>A tensor seen as (Outer, Length, Inner) with the axis of interest in the middle.</summary>
public record AxisProblem(DataType Type, long Outer, int Length, long Inner)
{
    /// <param name="axis">In [0, rank).</param>
    public AxisProblem(DataType type, Shape shape, int axis)
        : this(type, shape.CountRange(0, axis), shape[axis], shape.CountRange(axis + 1, shape.Rank))
    {
    }

    /// <summary>The tensor seen as (Outer, Length, 1): the axis and all behind it are one.</summary>
    public static AxisProblem Flattened(DataType type, Shape shape, int axis) =>
        new(type, shape.CountRange(0, axis), checked((int)shape.CountRange(axis, shape.Rank)), 1);
}
