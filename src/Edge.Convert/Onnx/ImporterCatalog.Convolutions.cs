using Edge.Convert.Onnx.Importers;

namespace Edge.Convert.Onnx;

internal static partial class ImporterCatalog
{
    private static ImporterEntry[] Convolutions =>
    [
        new("Conv", ConvImporter.Import),
        new("ConvTranspose", ConvTransposeImporter.Import),
        new("DeformConv", DeformConvImporter.Import),
        new("Gemm", GemmImporter.Import),
        new("MatMul", MatMulImporter.Import),
        new("MaxPool", PoolImporter.ImportMax),
        new("AveragePool", PoolImporter.ImportAverage),
        new("LpPool", PoolImporter.ImportLp),
        new("GlobalAveragePool", PoolImporter.ImportGlobalAverage),
        new("GlobalMaxPool", PoolImporter.ImportGlobalMax),
        new("GlobalLpPool", PoolImporter.ImportGlobalLp),
        new("MaxUnpool", PoolImporter.ImportMaxUnpool),
    ];
}
