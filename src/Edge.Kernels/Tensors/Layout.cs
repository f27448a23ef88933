namespace Edge.Kernels.Tensors;

/// <summary>
/// How the elements of a tensor [N, C, spatial...] lie in memory. Graphs, files and users know <see cref="Planar"/> only; a plan
/// keeps feature maps in blocks of channels where its kernels are faster that way.
/// </summary>
public enum Layout : byte
{
    /// <summary>Row-major: the last axis is contiguous.</summary>
    Planar = 0,

    /// <summary>
    /// [N, ceil(C / 8), spatial..., 8]: eight channels of one position are contiguous. Lanes beyond the last channel hold
    /// unspecified values: kernels may write anything there and must not let it reach a channel.
    /// </summary>
    Blocked8 = 1,

    /// <summary>[N, spatial..., C]: all channels of one position are contiguous. For 8-bit and 16-bit integers; no unused lanes.</summary>
    ChannelsLast = 2,
}

/// <summary>Arithmetic of <see cref="Layout"/>.</summary>
public static class Layouts
{
    /// <summary>Channels per block of <see cref="Layout.Blocked8"/>.</summary>
    public const int Block = 8;

    /// <summary>Number of blocks that hold <paramref name="channels"/> channels.</summary>
    public static int Blocks(int channels) => (int)(((long)channels + Block - 1) / Block);

    /// <summary>Elements in memory of a tensor of <paramref name="shape"/>, unused lanes included.</summary>
    /// <exception cref="OverflowException">The product passes 2^63.</exception>
    public static long Elements(this Layout layout, Shape shape) => layout.InMemory(shape).Count;

    /// <summary>
    /// The dimensions that a tensor of <paramref name="shape"/> has in memory: [N, ceil(C / 8), spatial..., 8] in blocks. What
    /// treats all channels alike may work on that as on a planar tensor.
    /// </summary>
    public static Shape InMemory(this Layout layout, Shape shape) =>
        layout switch
        {
            Layout.Planar => shape,
            Layout.ChannelsLast => new Shape([shape[0], .. shape.Dims[2..], shape[1]]),
            _ => new Shape([shape[0], Blocks(shape[1]), .. shape.Dims[2..], Block]),
        };

    /// <summary>
    /// Whether a tensor of <paramref name="shape"/> has the same bytes in planar layout and in <paramref name="other"/>: one position,
    /// and no unused lanes; channels last also for one channel.
    /// </summary>
    public static bool AreSame(Shape shape, Layout other = Layout.Blocked8) =>
        shape.Rank >= 2 && (other == Layout.ChannelsLast
            ? shape[1] == 1 || shape.CountRange(2, shape.Rank) == 1
            : shape[1] % Block == 0 && shape.CountRange(2, shape.Rank) == 1);

    /// <summary>Where channel <paramref name="channel"/> of position <paramref name="position"/> of one image lies; not for channels last.</summary>
    /// <param name="positions">Number of spatial positions.</param>
    public static long Offset(this Layout layout, long channel, long position, long positions) => layout == Layout.Planar
        ? (channel * positions) + position
        : (((channel / Block * positions) + position) * Block) + (channel % Block);

    /// <summary>Elements of one image in memory.</summary>
    public static long ImageElements(this Layout layout, int channels, long positions) =>
        layout == Layout.Blocked8 ? Blocks(channels) * positions * Block : channels * positions;
}
