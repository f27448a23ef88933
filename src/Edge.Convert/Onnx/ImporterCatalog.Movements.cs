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
        new("Gather", GatherImporter.Import),
        new("GatherElements", GatherImporter.ImportElements),
        new("GatherND", GatherImporter.ImportNd),
        new("ScatterElements", GatherImporter.ImportScatter),
        new("Scatter", GatherImporter.ImportScatter),
        new("ScatterND", GatherImporter.ImportScatterNd),
        new("Pad", PadImporter.Import),
        new("CenterCropPad", PadImporter.ImportCenterCropPad),
        new("DepthToSpace", DepthToSpaceImporter.Import),
        new("SpaceToDepth", DepthToSpaceImporter.ImportSpaceToDepth),
        new("Shape", ShapeImporter.Import),
        new("Size", ShapeImporter.ImportSize),
        new("Range", SequenceImporter.ImportRange),
        new("OneHot", SequenceImporter.ImportOneHot),
        new("EyeLike", SequenceImporter.ImportEyeLike),
        new("Trilu", SequenceImporter.ImportTrilu),
        new("NonZero", SequenceImporter.ImportNonZero),
        new("Compress", SequenceImporter.ImportCompress),
        new("ReverseSequence", SequenceImporter.ImportReverseSequence),
        new("Col2Im", SequenceImporter.ImportCol2Im),
        new("Einsum", EinsumImporter.Import),
    ];
}
