using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>
/// Keeps a budget: measures the quantized graph on the samples, and as long as it costs too much moves the most sensitive nodes back to
/// float32. The sensitivity of a node is the noise in output 0 when it alone is quantized.
/// </summary>
internal sealed class BudgetSearch
{
    /// <summary>Samples on which sensitivities are measured.</summary>
    private const int SensitivitySamples = 4;

    /// <summary>Nodes are moved one by one, or so many that this number of steps moves all.</summary>
    private const int MostSteps = 24;

    private readonly Graph _graph;
    private readonly SchemePlan _plan;
    private readonly IReadOnlyList<Tensor[]> _samples;
    private readonly IReadOnlyList<long> _classes;
    private readonly Budget _budget;
    private readonly double[][] _expected;

    private BudgetSearch(Graph graph, SchemePlan plan, IReadOnlyList<Tensor[]> samples, IReadOnlyList<long> classes, Budget budget)
    {
        _graph = graph;
        _plan = plan;
        _samples = samples;
        _classes = classes;
        _budget = budget;
        _expected = Outputs(graph, samples);
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
        LayerDecision[] candidates = [.. form.Decisions.Where(d => d.Reason is null)];
        (string Node, double Snr)[] ranked = Rank(candidates, progress);
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

    private (string Node, double Snr)[] Rank(LayerDecision[] candidates, IProgress<string>? progress)
    {
        var ranked = new List<(string Node, double Snr)>();
        Tensor[][] few = [.. _samples.Take(SensitivitySamples)];
        HashSet<string> kept = [.. _plan.Keep];
        for (int i = 0; i < candidates.Length; i++)
        {
            progress?.Report($"measuring sensitivity {i + 1} / {candidates.Length}");
            _plan.Keep.UnionWith(candidates.Select(c => c.Node));
            _plan.Keep.Remove(candidates[i].Node);
            ranked.Add((candidates[i].Node, Snr(Outputs(Int8Builder.Build(_graph, _plan).Graph, few))));
            _plan.Keep.Clear();
            _plan.Keep.UnionWith(kept);
        }
        return [.. ranked.OrderBy(r => r.Snr).ThenBy(r => r.Node, StringComparer.Ordinal)];
    }

    private double Measure(Graph quantized)
    {
        double[][] actual = Outputs(quantized, _samples);
        if (_budget.Metric == "snr")
        {
            return Snr(actual);
        }
        double lost = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            int before = IndexOfMax(_expected[i]);
            int after = IndexOfMax(actual[i]);
            lost += _classes.Count == 0 ? (before == after ? 0 : 1) : (before == _classes[i] ? 1 : 0) - (after == _classes[i] ? 1 : 0);
        }
        return 100 * lost / actual.Length;
    }

    private double Snr(double[][] actual)
    {
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            signal += _expected[i].Sum(v => v * v);
            noise += _expected[i].Zip(actual[i], (a, b) => (a - b) * (a - b)).Sum();
        }
        return noise == 0 ? 200 : 10 * Math.Log10(Math.Max(signal, 1e-30) / noise);
    }

    private static double[][] Outputs(Graph graph, IReadOnlyList<Tensor[]> samples)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        return [.. samples.Select(s => session.Run(s)[0].ToDouble())];
    }

    private static int IndexOfMax(double[] values) => values.Length == 0 ? -1 : Array.IndexOf(values, values.Max());
}
