using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>
/// Keeps a budget: measures the quantized graph on the samples, and as long as it costs too much moves the most sensitive nodes back to
/// float32. The sensitivity of a node is the noise in output 0 when it alone is quantized.
/// </summary>
internal sealed class BudgetSearch
{
    /// <summary>Nodes are moved one by one, or so many that this number of steps moves all.</summary>
    private const int MostSteps = 24;

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
        int step = (ranked.Length + MostSteps - 1) / MostSteps;
        double value = plain;
        for (int moved = step; ; moved += step)
        {
            progress?.Report($"keeping the budget: {Math.Min(moved, ranked.Length)} of {ranked.Length} nodes in float32");
            _plan.Keep.UnionWith(ranked.Take(moved).Select(r => r.Node));
            form = Int8Builder.Build(_graph, _plan);
            bool hasProducts = form.Decisions.Any(d => d.Reason is null && d.Kind is "Conv" or "Gemm");
            if (!hasProducts)
            {
                throw new EdgeException(
                    EdgeError.BudgetMissed,
                    $"the budget {_budget} cannot be kept: {_budget.Describe(plain)} with all nodes in integers, {_budget.Describe(value)} with {moved - step} of {ranked.Length} in float32",
                    "allow more, give more samples, or convert without --int8",
                    _graph.Name);
            }
            value = Measure(form.Graph);
            if (_budget.Holds(value))
            {
                return (form, new BudgetOutcome(_budget, plain, value, [.. ranked.Take(moved)]));
            }
        }
    }

    private double Measure(Graph quantized)
    {
        double[][] actual = _noise.Outputs(quantized);
        if (_budget.Metric == "snr")
        {
            return _noise.Snr(actual);
        }
        return BudgetMetric.Cost(_budget.Metric, _noise.Expected, actual, _classes);
    }
}
