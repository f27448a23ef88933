using Edge.Kernels.Dispatch;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Convert;

/// <summary>How much memory and work a made-up golden sample may take: a few seconds on one desktop core.</summary>
internal static class GoldenBudget
{
    /// <summary>Largest arena of the imported graph, and most bytes of late results.</summary>
    public const long MaxArenaBytes = 256 << 20;

    /// <summary>Most multiply-adds; enough for VGG-19.</summary>
    public const long MaxMultiplyAdds = 24_000_000_000;

    /// <summary>Most bytes that all nodes together read and write.</summary>
    public const long MaxTraffic = 8L << 30;

    /// <summary>Most bytes of inputs and outputs together, which are in memory at once.</summary>
    public const long MaxBytes = 64 << 20;

    /// <summary>Multiply-adds of the vectorised rows in the time of one of the naive ones, which accumulate in double precision.</summary>
    private const int NaiveFactor = 20;

    /// <summary>The naive kernels would dominate the conversion of models with more multiply-adds or traffic than this.</summary>
    private const long MaxNaiveMultiplyAdds = 50_000_000;

    private const long MaxNaiveTraffic = 256 << 20;

    private static CpuFeatures FastIntegers => Cpu.Features & (CpuFeatures.Avx2 | CpuFeatures.Neon);

    /// <summary>Naive rows where they take no time, else the 128-bit rows, and fast ones for integers.</summary>
    public static KernelQuery KernelsFor(Graph graph) =>
        MultiplyAdds(graph.Nodes) <= MaxNaiveMultiplyAdds && ModelSummary.TrafficOf(graph) <= MaxNaiveTraffic ? KernelQuery.Reference : new KernelQuery(CpuFeatures.Simd128, Compact: true) { ForIntegers = FastIntegers };

    /// <summary>
    /// The 128-bit rows for float32. Integers are computed naively where that takes no time, else by rows that do without the newest instructions: the bits are
    /// the same, and what is compared with them on this machine still goes another way where it has those.
    /// </summary>
    public static KernelQuery QuantizedKernelsFor(Graph graph) => new(CpuFeatures.Simd128)
    {
        ForIntegers = MultiplyAdds(graph.Nodes) <= MaxNaiveMultiplyAdds ? CpuFeatures.None : FastIntegers,
    };

    /// <summary>Why the graph is beyond the budget whatever its plan is, or null.</summary>
    public static string? WhyNot(Graph graph)
    {
        double work = MultiplyAdds(graph.Nodes);
        double traffic = ModelSummary.TrafficOf(graph);
        double bytes = graph.Inputs.Concat(graph.Outputs).Sum(v => v.Info.IsKnown ? (double)v.Info.Bytes : 0);
        return bytes > MaxBytes ? $"its inputs and outputs would take {Bytes(bytes)}, at most {Bytes(MaxBytes)} are spent"
            : work > MaxMultiplyAdds ? $"it would take {Count(work)} multiply-adds, at most {Count(MaxMultiplyAdds)} are spent"
            : traffic > MaxTraffic ? $"it would read and write {Bytes(traffic)}, at most {Bytes(MaxTraffic)} are spent"
            : null;
    }

    /// <summary>Why the plan of the graph is beyond the budget, or null.</summary>
    public static string? WhyNot(ExecutionPlan plan)
    {
        if (plan.ArenaBytes > MaxArenaBytes)
        {
            return $"the imported model needs an arena of {Quantity.Bytes(plan.ArenaBytes)}, at most {Quantity.Bytes(MaxArenaBytes)} are spent";
        }
        double naive = MultiplyAdds(plan.Steps.Where(s => KernelRows.IsReference(s.RowName)).Select(s => s.Node));
        double work = MultiplyAdds(plan.Graph.Nodes) + ((NaiveFactor - 1) * naive);
        return work > MaxMultiplyAdds
            ? $"{Count(naive)} multiply-adds would be computed by naive kernels, at most {Count(MaxMultiplyAdds / NaiveFactor)} are spent"
            : null;
    }

    // Sums are floating-point: those of a hostile file pass 64 bits.
    private static double MultiplyAdds(IEnumerable<Node> nodes) => nodes.Sum(n => (double)ModelSummary.MultiplyAddsOf(n));

    private static string Count(double count) => Quantity.Count((long)Math.Min(count, long.MaxValue / 2));

    private static string Bytes(double bytes) => Quantity.Bytes((long)Math.Min(bytes, long.MaxValue / 2));
}
