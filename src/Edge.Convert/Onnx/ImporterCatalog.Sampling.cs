using Edge.Convert.Onnx.Importers;

namespace Edge.Convert.Onnx;

internal static partial class ImporterCatalog
{
    private static ImporterEntry[] Sampling =>
    [
        new("Resize", ResizeImporter.Import),
        new("Upsample", ResizeImporter.ImportUpsample),
        new("GridSample", SamplingImporter.GridSample),
        new("AffineGrid", SamplingImporter.AffineGrid),
        new("RoiAlign", SamplingImporter.RoiAlign),
        new("NonMaxSuppression", SamplingImporter.NonMaxSuppression),
        new("RNN", RecurrentImporter.Plain),
        new("GRU", RecurrentImporter.Gru),
        new("LSTM", RecurrentImporter.Lstm),
    ];
}
