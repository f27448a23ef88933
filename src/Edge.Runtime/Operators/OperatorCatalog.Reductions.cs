using Edge.Kernels.Reduction;

namespace Edge.Runtime.Operators;

public static partial class OperatorCatalog
{
    private static OperatorEntry[] Reductions =>
    [
        .. ReduceFunctions.All.Select(Reduce.Entry),
        new(ArgReduce.MaxName, ArgReduce.ReadMax),
        new(ArgReduce.MinName, ArgReduce.ReadMin),
        new(Cumulate.SumName, Cumulate.ReadSum),
        new(Cumulate.ProductName, Cumulate.ReadProduct),
        new(TopK.Name, TopK.Read),
        new(Hardmax.Name, Hardmax.Read),
    ];
}
