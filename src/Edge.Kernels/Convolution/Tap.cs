namespace Edge.Kernels.Convolution;

/// <summary>One step of a blocked convolution: some channels at one offset from the position that a pixel reads.</summary>
/// <param name="offset">Distance in elements from the pixel's first element.</param>
/// <param name="lanes">Contiguous channels, 1 to 8; the packed weights have one row of output channels for each.</param>
internal readonly struct Tap(int offset, int lanes)
{
    public readonly int Offset = offset;
    public readonly int Lanes = lanes;
}
