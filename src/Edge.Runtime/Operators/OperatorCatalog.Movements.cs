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
        new(Expand.Name, Expand.Read),
        new(Tile.Name, Tile.Read),
    ];
}
