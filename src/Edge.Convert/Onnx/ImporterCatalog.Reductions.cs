using Edge.Convert.Onnx.Importers;

namespace Edge.Convert.Onnx;

internal static partial class ImporterCatalog
{
    private static ImporterEntry[] Reductions =>
    [
        new("ArgMax", ArgReduceImporter.Max),
        new("ArgMin", ArgReduceImporter.Min),
        new("CumProd", CumulateImporter.Product),
        new("CumSum", CumulateImporter.Sum),
        new("Hardmax", SoftmaxImporter.Hardmax),
        new("ReduceL1", ReduceImporter.Of("L1")),
        new("ReduceL2", ReduceImporter.Of("L2")),
        new("ReduceLogSum", ReduceImporter.Of("LogSum")),
        new("ReduceLogSumExp", ReduceImporter.Of("LogSumExp")),
        new("ReduceMax", ReduceImporter.Of("Max")),
        new("ReduceMean", ReduceImporter.Of("Mean")),
        new("ReduceMin", ReduceImporter.Of("Min")),
        new("ReduceProd", ReduceImporter.Of("Prod")),
        new("ReduceSum", ReduceImporter.Of("Sum")),
        new("ReduceSumSquare", ReduceImporter.Of("SumSquare")),
        new("TopK", TopKImporter.Import),
    ];
}
