namespace Edge.Kernels.Reduction;

/// <summary>Every reduction. A new one is its own file and one line here.</summary>
public static class ReduceFunctions
{
    public static readonly ReduceFunction[] All =
    [
        ReduceFunction.Number<ReduceSum>(),
        ReduceFunction.Number<ReduceMean>(),
        ReduceFunction.Number<ReduceMax>(bools: true),
        ReduceFunction.Number<ReduceMin>(bools: true),
        ReduceFunction.Number<ReduceProd>(),
        ReduceFunction.Number<ReduceL1>(),
        ReduceFunction.Number<ReduceL2>(),
        ReduceFunction.Number<ReduceSumSquare>(),
        ReduceFunction.Number<ReduceLogSum>(),
        ReduceFunction.LogSumExp(),
    ];

    private static readonly Dictionary<string, ReduceFunction> ByName = All.ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>The reduction called <paramref name="name"/>.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static ReduceFunction Find(string name) => ByName[name];
}
