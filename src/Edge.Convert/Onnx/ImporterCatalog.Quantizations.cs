using Edge.Convert.Onnx.Importers;

namespace Edge.Convert.Onnx;

internal static partial class ImporterCatalog
{
    private const string MicrosoftDomain = "com.microsoft";

    private static ImporterEntry[] Quantizations =>
    [
        new("QuantizeLinear", QuantizeImporter.Quantize),
        new("DequantizeLinear", QuantizeImporter.Dequantize),
        new("DynamicQuantizeLinear", QuantizeImporter.DynamicQuantize),
        new("ConvInteger", IntegerProductImporter.ConvInteger),
        new("QLinearConv", IntegerProductImporter.QLinearConv),
        new("MatMulInteger", IntegerProductImporter.MatMulInteger),
        new("QLinearMatMul", IntegerProductImporter.QLinearMatMul),
        new("QuantizeLinear", QuantizeImporter.Quantize, MicrosoftDomain),
        new("DequantizeLinear", QuantizeImporter.Dequantize, MicrosoftDomain),
        new("QLinearAdd", QLinearImporter.Binary("Add"), MicrosoftDomain),
        new("QLinearMul", QLinearImporter.Binary("Mul"), MicrosoftDomain),
        new("QLinearSigmoid", QLinearImporter.Sigmoid, MicrosoftDomain),
        new("QLinearLeakyRelu", QLinearImporter.LeakyRelu, MicrosoftDomain),
        new("QLinearAveragePool", QLinearImporter.AveragePool, MicrosoftDomain),
        new("QLinearGlobalAveragePool", QLinearImporter.GlobalAveragePool, MicrosoftDomain),
        new("QLinearConcat", QLinearImporter.Concat, MicrosoftDomain),
    ];
}
