using Edge.Convert.Onnx.Importers;

namespace Edge.Convert.Onnx;

internal static partial class ImporterCatalog
{
    private static ImporterEntry[] Movements =>
    [
        new("Transpose", TransposeImporter.Import),
    ];
}
