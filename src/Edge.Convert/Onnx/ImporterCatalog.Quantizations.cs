using Edge.Convert.Onnx.Importers;

namespace Edge.Convert.Onnx;

internal static partial class ImporterCatalog
{
    private static ImporterEntry[] Quantizations =>
    [
        new("QuantizeLinear", QuantizationImporter.ImportQuantize),
        new("DequantizeLinear", QuantizationImporter.ImportDequantize),
        new("DynamicQuantizeLinear", QuantizationImporter.ImportDynamic),
        new("MatMulInteger", IntegerProductImporter.ImportMatMulInteger),
        new("QLinearMatMul", IntegerProductImporter.ImportQLinearMatMul),
        new("ConvInteger", IntegerProductImporter.ImportConvInteger),
        new("QLinearConv", IntegerProductImporter.ImportQLinearConv),
    ];
}
