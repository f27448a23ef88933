using Edge.Kernels.Tensors;

namespace Edge.Kernels.Quantization;

/// <summary>
/// Which scale belongs to which element of a tensor, seen as [<paramref name="Outer"/>, <paramref name="Axis"/>,
/// <paramref name="Inner"/>]: element (o, a, i) has scale o * OuterStride + a / Block * BlockStride + i * InnerStride.
/// Zero points are stored like scales.
/// </summary>
/// <param name="Block">Neighbours along the axis that share a scale, at least 1.</param>
public readonly record struct ScaleGrid(long Outer, int Axis, long Inner, int Block, long OuterStride, long BlockStride, long InnerStride)
{
    /// <summary>One scale for all elements.</summary>
    public bool IsPerTensor => OuterStride == 0 && BlockStride == 0 && InnerStride == 0;

    /// <summary>Number of elements.</summary>
    public long Count => Rows * Inner;

    /// <summary>Runs of <see cref="Inner"/> elements.</summary>
    public long Rows => Outer * Axis;

    /// <summary>One scale for <paramref name="count"/> elements.</summary>
    public static ScaleGrid PerTensor(long count) => new(1, 1, count, 1, 0, 0, 0);

    /// <summary>One scale for each position along <paramref name="axis"/>.</summary>
    public static ScaleGrid PerAxis(Shape shape, int axis) => shape.Count == 0
        ? PerTensor(0)
        : new ScaleGrid(shape.CountRange(0, axis), shape[axis], shape.CountRange(axis + 1, shape.Rank), 1, 0, 1, 0);

    /// <summary>One scale for every <paramref name="block"/> positions along <paramref name="axis"/>, separately for all other positions.</summary>
    public static ScaleGrid Blocked(Shape shape, int axis, int block)
    {
        ScaleGrid grid = PerAxis(shape, axis);
        return shape.Count == 0 ? grid : grid with { Block = block, OuterStride = Blocks(shape[axis], block) * grid.Inner, BlockStride = grid.Inner, InnerStride = 1 };
    }

    /// <summary>Blocks of <paramref name="block"/> positions in <paramref name="dim"/>; the last may be shorter.</summary>
    public static int Blocks(int dim, int block) => (int)((dim + (long)block - 1) / block);

    /// <summary>The scale of the first element of a run.</summary>
    public long FirstScale(long row) => (row / Axis * OuterStride) + (row % Axis / Block * BlockStride);
}
