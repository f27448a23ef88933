namespace Edge.Kernels.Tensors;

/// <summary>One number for each of up to three spatial axes; tensors of lower spatial rank use the last ones (W, then H, then D).</summary>
public readonly record struct Extent(int D, int H, int W)
{
    /// <summary>Most spatial axes that convolution and pooling kernels know.</summary>
    public const int MaxRank = 3;

    public static readonly Extent One = new(1, 1, 1);

    public static readonly Extent Zero = default;

    /// <summary>The number at <paramref name="axis"/>: 0 = D, 1 = H, 2 = W.</summary>
    public int this[int axis] => axis switch
    {
        0 => D,
        1 => H,
        2 => W,
        _ => throw new ArgumentOutOfRangeException(nameof(axis)),
    };

    /// <summary>D * H * W.</summary>
    public long Count => checked((long)D * H * W);

    /// <summary>Right-aligns 0 to 3 numbers; missing leading ones are <paramref name="fill"/>.</summary>
    public static Extent From(ReadOnlySpan<int> values, int fill) => new(
        values.Length > 2 ? values[^3] : fill,
        values.Length > 1 ? values[^2] : fill,
        values.Length > 0 ? values[^1] : fill);

    public override string ToString() => $"{D}x{H}x{W}";
}
