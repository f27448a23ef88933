using Edge.Convert.Onnx.Importers;

namespace Edge.Convert.Onnx;

internal static partial class ImporterCatalog
{
    private static ImporterEntry[] Sampling =>
    [
        new("Resize", ResizeImporter.Import),
        new("Upsample", ResizeImporter.ImportUpsample),
    ];
}
