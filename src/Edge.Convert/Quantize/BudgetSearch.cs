using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>
/// Keeps a budget: measures the quantized graph on the samples, and as long as it costs too much moves the most sensitive nodes back to
/// float32, as few as hold it. The sensitivity of a node is the noise in the outputs when it alone is quantized.
/// </summary>
internal sealed class BudgetSearch
{
    private readonly Graph _graph;
    private readonly SchemePlan _plan;
    private readonly IReadOnlyList<Tensor[]> _samples;
    private readonly IReadOnlyList<long> _classes;
    private readonly Budget _budget;
    private readonly OutputNoise _noise;

    private BudgetSearch(Graph graph, SchemePlan plan, IReadOnlyList<Tensor[]> samples, IReadOnlyList<long> classes, Budget budget)
    {
        _graph = graph;
        _plan = plan;
        _samples = samples;
        _classes = classes;
        _budget = budget;
        _noise = new OutputNoise(graph, samples);
    }

    /// <summary>Builds the quantized graph; <paramref name="plan"/> names the nodes that were moved.</summary>
    /// <param name="classes">The right class of each sample, or empty.</param>
    /// <exception cref="EdgeException">The budget cannot be kept with any convolution or product in integers.</exception>
    public static (Int8Form Form, BudgetOutcome Outcome) Run(
        Graph graph, SchemePlan plan, IReadOnlyList<Tensor[]> samples, IReadOnlyList<long> classes, Budget budget, IProgress<string>? progress) =>
        new BudgetSearch(graph, plan, samples, classes, budget).Run(progress);

    private (Int8Form Form, BudgetOutcome Outcome) Run(IProgress<string>? progress)
    {
        Int8Form form = Int8Builder.Build(_graph, _plan);
        double plain = Measure(form.Graph);
        if (_budget.Holds(plain))
        {
            return (form, new BudgetOutcome(_budget, plain, plain, []));
        }
        (string Node, double Snr)[] ranked = Sensitivity.Rank(_graph, _plan, form.Decisions, _samples, progress);
        // All may be moved but the least sensitive convolution or product.
        int most = Array.FindLastIndex(ranked, r => form.Decisions.Any(d => d.Node == r.Node && d.Kind is "Conv" or "Gemm"));
        HashSet<string> kept = [.. _plan.Keep];
        (int failed, int held, double value) = (0, 0, plain);
        // Twice as many until the budget holds, then halves what is between: what is returned was measured.
        for (int moved = 1; failed < most && (held == 0 || held - failed > 1); moved = held == 0 ? Math.Min(2 * moved, most) : (failed + held) / 2)
        {
            progress?.Report($"keeping the budget: {moved} of {ranked.Length} nodes in float32");
            Int8Form tried = Move(kept, ranked.Take(moved));
            double result = Measure(tried.Graph);
            if (_budget.Holds(result))
            {
                (held, value, form) = (moved, result, tried);
                continue;
            }
            failed = moved;
            value = held == 0 ? result : value;
        }
        if (held == 0)
        {
            throw Missed(plain, value, failed, ranked.Length);
        }
        Move(kept, ranked.Take(held));
        return (form, new BudgetOutcome(_budget, plain, value, [.. ranked.Take(held)]));
    }

    private Int8Form Move(HashSet<string> kept, IEnumerable<(string Node, double Snr)> nodes)
    {
        _plan.Keep.Clear();
        _plan.Keep.UnionWith(kept);
        _plan.Keep.UnionWith(nodes.Select(n => n.Node));
        return Int8Builder.Build(_graph, _plan);
    }

    private EdgeException Missed(double plain, double value, int moved, int of) => new(
        EdgeError.BudgetMissed,
        $"the budget {_budget} cannot be kept: {_budget.Describe(plain)} with all nodes in integers, {_budget.Describe(value)} with {moved} of {of} in float32",
        "allow more, give more samples, or convert without --int8",
        _graph.Name);

    private double Measure(Graph quantized)
    {
        if (_budget.Metric == "mse")
        {
            return _noise.MeanSquaredError(quantized);
        }
        (double snr, _, int[] after) = _noise.Measure(quantized);
        if (_budget.Metric == "snr")
        {
            return snr;
        }
        return BudgetMetric.Lost(_budget.Metric, _noise.Largest, after, _classes);
    }
}
