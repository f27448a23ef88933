namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Movements =>
    [
        new(Reshape.Name, Reshape.Read),
        new(Flatten.Name, Flatten.Read),
        new(Squeeze.Name, Squeeze.Read),
        new(Unsqueeze.Name, Unsqueeze.Read),
        new(Transpose.Name, Transpose.Read),
        new(Concat.Name, Concat.Read),
        new(Split.Name, Split.Read),
        new(Slice.Name, Slice.Read),
        new(ChannelShuffle.Name, ChannelShuffle.Read),
        new(Expand.Name, Expand.Read),
        new(Tile.Name, Tile.Read),
        new(Gather.Name, Gather.Read),
        new(GatherElements.Name, GatherElements.Read),
        new(GatherNd.Name, GatherNd.Read),
        new(ScatterElements.Name, ScatterElements.Read),
        new(ScatterNd.Name, ScatterNd.Read),
        new(Pad.Name, Pad.Read),
        new(OneHot.Name, OneHot.Read),
        new(Trilu.Name, Trilu.Read),
        new(EyeLike.Name, EyeLike.Read),
        new(Range.Name, Range.Read),
        new(ShapeOf.Name, ShapeOf.Read),
        new(SizeOf.Name, SizeOf.Read),
        new(NonZero.Name, NonZero.Read),
        new(Compress.Name, Compress.Read),
        new(ReverseSequence.Name, ReverseSequence.Read),
        new(Col2Im.Name, Col2Im.Read),
        new(Einsum.Name, Einsum.Read),
    ];
}
