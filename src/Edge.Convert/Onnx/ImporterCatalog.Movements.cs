using Edge.Convert.Onnx.Importers;

namespace Edge.Convert.Onnx;

internal static partial class ImporterCatalog
{
    private static ImporterEntry[] Movements =>
    [
        new("Reshape", ReshapeImporter.Import),
        new("Flatten", ReshapeImporter.ImportFlatten),
        new("Squeeze", ReshapeImporter.ImportSqueeze),
        new("Unsqueeze", ReshapeImporter.ImportUnsqueeze),
        new("Transpose", TransposeImporter.Import),
        new("Concat", ConcatImporter.Import),
        new("Split", SplitImporter.Import),
        new("Slice", SliceImporter.Import),
        new("Expand", ExpandImporter.Import),
        new("Tile", ExpandImporter.ImportTile),
        new("ConstantOfShape", ExpandImporter.ImportConstantOfShape),
        new("Constant", ConstantImporter.Import),
    ];
}
