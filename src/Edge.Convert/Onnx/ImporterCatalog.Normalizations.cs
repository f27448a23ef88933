using Edge.Convert.Onnx.Importers;

namespace Edge.Convert.Onnx;

internal static partial class ImporterCatalog
{
    private static ImporterEntry[] Normalizations =>
    [
        new("BatchNormalization", BatchNormImporter.Import),
        new("GroupNormalization", GroupNormImporter.Group),
        new("InstanceNormalization", GroupNormImporter.Instance),
        new("LayerNormalization", LayerNormImporter.Layer),
        new("LogSoftmax", SoftmaxImporter.LogSoftmax),
        new("LpNormalization", NormImporter.Lp),
        new("LRN", NormImporter.LocalResponse),
        new("MeanVarianceNormalization", NormImporter.MeanVariance),
        new("RMSNormalization", LayerNormImporter.RootMeanSquare),
        new("Softmax", SoftmaxImporter.Softmax),
    ];
}
