using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>
/// Keeps a budget: measures the quantized graph on the samples, and as long as it costs too much gives the most sensitive nodes integers of 16 bits, as few as
/// hold it; where all of them do not, the most sensitive go back to float32, again as few as hold it. The sensitivity of a node is the noise in the outputs
/// when it alone is quantized.
/// </summary>
internal sealed class BudgetSearch
{
    private readonly Graph _graph;
    private readonly SchemePlan _plan;
    private readonly HashSet<string> _kept;
    private readonly HashSet<string> _words;
    private readonly IReadOnlyList<Tensor[]> _samples;
    private readonly RightAnswers _right;
    private readonly Budget _budget;
    private readonly OutputNoise _noise;
    private readonly IProgress<string>? _progress;

    private BudgetSearch(Graph graph, SchemePlan plan, IReadOnlyList<Tensor[]> samples, RightAnswers right, Budget budget, IProgress<string>? progress)
    {
        _graph = graph;
        _plan = plan;
        _kept = [.. plan.Keep];
        _words = [.. plan.Words];
        _samples = samples;
        _right = right;
        _budget = budget;
        _progress = progress;
        _noise = new OutputNoise(graph, samples);
    }

    /// <summary>A graph that was built and measured.</summary>
    /// <param name="Moved">Most sensitive nodes that were moved.</param>
    private sealed record Trial(int Moved, Int8Form Form, double Value);

    /// <summary>Builds the quantized graph; <paramref name="plan"/> names the nodes that were moved.</summary>
    /// <param name="right">What is right for the samples.</param>
    /// <exception cref="EdgeException">The budget cannot be kept with any convolution or product in integers.</exception>
    public static (Int8Form Form, BudgetOutcome Outcome) Run(
        Graph graph, SchemePlan plan, IReadOnlyList<Tensor[]> samples, RightAnswers right, Budget budget, IProgress<string>? progress)
    {
        var search = new BudgetSearch(graph, plan, samples, right, budget, progress);
        (Int8Form form, BudgetOutcome outcome) = search.Run();
        return (form, outcome with { Targets = search.Targets(outcome.Final) });
    }

    private bool HasTargets => _budget.Metric == "mse" && _right.Targets.Count > 0;

    private double FloatError => _noise.MeanSquaredError(null, _right.Targets);

    /// <param name="added">What the result adds to the error of float32.</param>
    private TargetErrors? Targets(double added) => HasTargets ? new TargetErrors(FloatError, FloatError + added) : null;

    private (Int8Form Form, BudgetOutcome Outcome) Run()
    {
        Int8Form form = Int8Builder.Build(_graph, _plan);
        double plain = Measure(form.Graph);
        if (_budget.Holds(plain))
        {
            return (form, new BudgetOutcome(_budget, plain, plain, []));
        }
        (string Node, double Snr)[] ranked = Sensitivity.Rank(_graph, _plan, Candidates(), _samples, _progress);
        if (Fewest(ranked, ranked.Length, "16 bits", k => Build(ranked, words: k, floats: 0), out _) is { } words)
        {
            Move(ranked, words.Moved, 0);
            return (words.Form, new BudgetOutcome(_budget, plain, words.Value, [.. ranked.Take(words.Moved).Select(r => new MovedNode(r.Node, r.Snr, MovedNode.Words))]));
        }
        // All may go to float32 but the least sensitive convolution or product.
        int most = Array.FindLastIndex(ranked, r => _graph.Nodes.Any(n => n.Name == r.Node && n.Operator is Conv or Gemm));
        if (Fewest(ranked, most, "float32", k => Build(ranked, ranked.Length, k), out double last) is not { } floats)
        {
            throw Missed(plain, last, most, ranked.Length);
        }
        Move(ranked, ranked.Length, floats.Moved);
        return (floats.Form, new BudgetOutcome(
            _budget, plain, floats.Value, [.. ranked.Select((r, i) => new MovedNode(r.Node, r.Snr, i < floats.Moved ? MovedNode.Float : MovedNode.Words))]));
    }

    /// <summary>What becomes of each node where all get 16 bits: some have no form in 8.</summary>
    private IReadOnlyList<LayerDecision> Candidates()
    {
        _plan.Choose(_kept, _graph.Nodes.Select(n => n.Name));
        IReadOnlyList<LayerDecision> decisions = Int8Builder.Build(_graph, _plan).Decisions;
        _plan.Choose(_kept, _words);
        return decisions;
    }

    /// <summary>The fewest nodes that hold the budget when moved: twice as many until it holds, then halves what is between. What is returned was measured.</summary>
    private Trial? Fewest((string Node, double Snr)[] ranked, int most, string where, Func<int, Int8Form> move, out double last)
    {
        int failed = 0;
        Trial? held = null;
        last = double.NaN;
        for (int moved = 1; failed < most && (held is null || held.Moved - failed > 1); moved = held is null ? Math.Min(2 * moved, most) : (failed + held.Moved) / 2)
        {
            _progress?.Report($"keeping the budget: {moved} of {ranked.Length} nodes in {where}");
            Int8Form form = move(moved);
            last = Measure(form.Graph);
            if (_budget.Holds(last))
            {
                held = new Trial(moved, form, last);
                continue;
            }
            failed = moved;
        }
        return held;
    }

    private void Move((string Node, double Snr)[] ranked, int words, int floats) =>
        _plan.Choose([.. _kept, .. ranked.Take(floats).Select(n => n.Node)], [.. _words, .. ranked.Take(words).Skip(floats).Select(n => n.Node)]);

    private Int8Form Build((string Node, double Snr)[] ranked, int words, int floats)
    {
        Move(ranked, words, floats);
        return Int8Builder.Build(_graph, _plan);
    }

    private EdgeException Missed(double plain, double value, int moved, int of) => new(
        EdgeError.BudgetMissed,
        $"the budget {_budget} cannot be kept: {_budget.Describe(plain, HasTargets)} with all nodes in 8 bits, {_budget.Describe(value, HasTargets)} with {moved} of {of} in float32 and the rest in 16 bits",
        "allow more, give more samples, or convert without --int8",
        _graph.Name);

    private double Measure(Graph quantized)
    {
        if (_budget.Metric == "mse")
        {
            return HasTargets ? _noise.MeanSquaredError(quantized, _right.Targets) - FloatError : _noise.MeanSquaredError(quantized);
        }
        (double snr, _, int[] after) = _noise.Measure(quantized);
        if (_budget.Metric == "snr")
        {
            return snr;
        }
        return BudgetMetric.Lost(_budget.Metric, _noise.Largest, after, _right.Classes);
    }
}
