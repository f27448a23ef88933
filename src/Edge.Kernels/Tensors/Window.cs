namespace Edge.Kernels.Tensors;

/// <summary>
/// A window that slides over the spatial axes: tap k of output o reads input position o * stride + k * dilation - padBegin.
/// Used by convolution and pooling.
/// </summary>
/// <param name="Kernel">Taps along each axis, at least 1.</param>
/// <param name="Stride">At least 1.</param>
/// <param name="Dilation">Distance between taps, at least 1.</param>
/// <param name="PadBegin">Positions before the first input, at least 0.</param>
/// <param name="PadEnd">Positions after the last input, at least 0.</param>
public sealed record Window(Extent Kernel, Extent Stride, Extent Dilation, Extent PadBegin, Extent PadEnd)
{
    /// <summary>A window of <paramref name="kernel"/> taps with stride and dilation 1 and no padding.</summary>
    public static Window Of(Extent kernel) => new(kernel, Extent.One, Extent.One, Extent.Zero, Extent.Zero);

    /// <summary>Whether every output reads exactly the input at its own position.</summary>
    public bool IsPointwise => Kernel == Extent.One && Stride == Extent.One && PadBegin == Extent.Zero && PadEnd == Extent.Zero;

    /// <summary>Positions from the first to the last tap: (kernel - 1) * dilation + 1.</summary>
    public long Span(int axis) => ((Kernel[axis] - 1L) * Dilation[axis]) + 1;

    /// <summary>
    /// Outputs along <paramref name="axis"/>: floor((input + pads - span) / stride) + 1. With <paramref name="ceil"/> the
    /// division rounds up and a last window that would start beyond input and leading padding is dropped.
    /// Negative or zero where the window does not fit.
    /// </summary>
    public long OutputSize(int axis, long input, bool ceil = false)
    {
        long room = input + PadBegin[axis] + PadEnd[axis] - Span(axis);
        if (room < 0)
        {
            return 0;
        }
        long size = ((ceil ? room + Stride[axis] - 1 : room) / Stride[axis]) + 1;
        return ceil && (size - 1) * Stride[axis] >= input + PadBegin[axis] ? size - 1 : size;
    }
}
