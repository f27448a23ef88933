using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Verify;

/// <summary>Measures what <see cref="QuantizationReport"/> tells.</summary>
internal sealed class ReportBuilder
{
    /// <summary>Bars of a histogram.</summary>
    private const int Bars = 64;

    /// <summary>Samples on which values inside the model are compared.</summary>
    private const int InnerSamples = 16;

    /// <summary>Samples on which points of the Pareto table are measured.</summary>
    private const int ParetoSamples = 64;

    /// <summary>Numbers of nodes in 16 bits, and in float32, that the Pareto table tries.</summary>
    private static readonly int[] Steps = [1, 2, 4, 8, 16];

    private readonly Graph _graph;
    private readonly SchemePlan _plan;
    private readonly IReadOnlyList<Tensor[]> _samples;
    private readonly IReadOnlyList<long> _classes;
    private readonly IProgress<string>? _progress;

    private ReportBuilder(Graph graph, QuantizationOutcome outcome, IReadOnlyList<Tensor[]> samples, IProgress<string>? progress)
    {
        _graph = graph;
        _samples = samples;
        _progress = progress;
        _plan = outcome.Plan!;
        _classes = outcome.Classes;
    }

    /// <param name="graph">The float32 graph that was quantized.</param>
    /// <param name="outcome">Of a quantization with <see cref="QuantizeOptions.Report"/>.</param>
    /// <param name="samples">What it was calibrated with.</param>
    public static QuantizationReport Build(Graph graph, QuantizationOutcome outcome, IReadOnlyList<Tensor[]> samples, IProgress<string>? progress) =>
        new ReportBuilder(graph, outcome, samples, progress).Build(outcome.Form!, outcome.Budget);

    private QuantizationReport Build(Int8Form written, BudgetOutcome? outcome)
    {
        (string Node, double Snr)[] ranked = Sensitivity.Rank(_graph, _plan, written.Decisions, _samples, _progress);
        double noise = ranked.Sum(r => Noise(r.Snr));
        var shares = ranked.ToDictionary(r => r.Node, r => noise == 0 ? 0 : Noise(r.Snr) / noise);
        Dictionary<Value, double> snr = InnerSnr(written);
        _progress?.Report("comparing with float32");
        ModelComparison comparison = Compare(written.Graph, _samples, _classes, out int[] before, out int[] after);
        return new QuantizationReport
        {
            Layers = [.. written.Decisions.Select(d => Describe(d, written, snr, shares, outcome))],
            Pareto = Pareto(written, ranked),
            Comparison = comparison,
            Confusions = [.. before.Zip(after).Where(p => p.First != p.Second).GroupBy(p => p).Select(g => (g.Key.First, g.Key.Second, g.Count())).OrderByDescending(c => c.Item3).ThenBy(c => c.First)],
        };
    }

    private static double Noise(double snr) => snr >= 200 ? 0 : Math.Pow(10, -snr / 10);

    private LayerReport Describe(LayerDecision decision, Int8Form written, Dictionary<Value, double> snr, Dictionary<string, double> shares, BudgetOutcome? outcome)
    {
        Value result = _graph.Nodes.First(n => n.Name == decision.Node).Outputs[0];
        // An activation that the node has absorbed is part of it.
        if (decision.Reason is null && result.Consumers is [var reader] && written.Decisions.All(d => d.Node != reader.Name))
        {
            result = reader.Outputs[0];
        }
        string why = outcome?.Moved.FirstOrDefault(m => m.Node == decision.Node) is { Node: not null } moved ? FormattableString.Invariant($"the budget: quantized to 8 bits alone, it leaves the output {moved.Snr:F1} dB")
            : decision.Reason ?? "it has a form in integers";
        return new LayerReport(
            decision.Node, decision.Kind, decision.Precision, why, snr.TryGetValue(result, out double own) ? own : null,
            shares.TryGetValue(decision.Node, out double share) ? share : null, written.Schemes.ContainsKey(result) && _plan.Calibrated.TryGetValue(result, out CalibratedValue? value) ? Describe(value, written.Schemes[result]) : null);
    }

    private static RangeReport Describe(CalibratedValue value, Scheme scheme)
    {
        var bars = new long[Bars];
        for (int i = 0; i < ValueRange.Bins; i++)
        {
            bars[i * Bars / ValueRange.Bins] += value.Range.Histogram[i];
        }
        (double low, double high) = scheme.IsWords ? (scheme.Real(scheme.Low), scheme.Real(scheme.High)) : (value.Chosen.Low, value.Chosen.High);
        return new RangeReport(
            value.Range.Min, value.Range.Max, low, high, scheme.IsWords ? RangeMethod.MinMax : value.Chosen.Method, scheme.Scale, scheme.Zero, bars);
    }

    /// <summary>Signal to noise of every value that exists as integers, in the whole quantized model.</summary>
    private Dictionary<Value, double> InnerSnr(Int8Form written)
    {
        var signal = new Dictionary<Value, double>();
        var noise = new Dictionary<Value, double>();
        var sources = written.Bytes.Where(b => b.Value.Producer is not null).GroupBy(b => b.Value).ToDictionary(g => g.Key, g => g.First().Key);
        using var real = new GraphObserver(_graph);
        using var rounded = new GraphObserver(written.Graph, sources.ContainsKey);
        foreach (Tensor[] sample in _samples.Take(InnerSamples))
        {
            var expected = new Dictionary<Value, float[]>();
            real.Run(_graph, sample, (value, tensor) => expected[value] = tensor.ToArray<float>());
            rounded.Run(written.Graph, sample, (value, tensor) =>
            {
                if (sources.TryGetValue(value, out Value? source) && expected.TryGetValue(source, out float[]? exact))
                {
                    Scheme scheme = written.Schemes[source];
                    double[] integers = tensor.ToDouble();
                    (double s, double n) = (0, 0);
                    for (int i = 0; i < exact.Length; i++)
                    {
                        s += (double)exact[i] * exact[i];
                        n += Math.Pow(exact[i] - scheme.Real((int)integers[i]), 2);
                    }
                    signal[source] = signal.GetValueOrDefault(source) + s;
                    noise[source] = noise.GetValueOrDefault(source) + n;
                }
            });
        }
        return noise.ToDictionary(p => p.Key, p => p.Value == 0 ? 200 : 10 * Math.Log10(Math.Max(signal[p.Key], 1e-30) / p.Value));
    }

    private List<ParetoPoint> Pareto(Int8Form written, (string Node, double Snr)[] ranked)
    {
        Tensor[][] few = [.. _samples.Take(ParetoSamples)];
        long[] right = [.. _classes.Take(few.Length)];
        var noise = new OutputNoise(_graph, few);
        var points = new List<ParetoPoint>();
        (HashSet<string> kept, HashSet<string> words) = ([.. _plan.Keep], [.. _plan.Words]);
        IEnumerable<int> steps = Steps.Where(s => s < ranked.Length);
        foreach ((int more, string where) in steps.Append(ranked.Length).Select(s => (s, "16 bits")).Concat(steps.Select(s => (s, "float32"))).Prepend((0, "")))
        {
            _progress?.Report($"measuring with {more} nodes in {where}");
            (where == "float32" ? _plan.Keep : _plan.Words).UnionWith(ranked.Take(more).Select(r => r.Node));
            Int8Form form = more == 0 ? written : Int8Builder.Build(_graph, _plan);
            ModelComparison comparison = Compare(form.Graph, few, right, out _, out _);
            if (more == 0)
            {
                points.Add(new ParetoPoint("float32", null, null, 200, 1, comparison.A.Top1, comparison.A.Milliseconds, Bytes(_graph)));
            }
            points.Add(new ParetoPoint(
                more == 0 ? "as written" : more == ranked.Length ? $"all in {where}" : $"{more} more in {where}", _plan.Keep.Count, form.Decisions.Count(d => d.IsWords),
                noise.Snr(form.Graph), comparison.Agreement, comparison.B.Top1, comparison.B.Milliseconds, Bytes(form.Graph)));
            _plan.Choose(kept, words);
        }
        return points;
    }

    /// <summary>Both models optimized as they would be in a file.</summary>
    private ModelComparison Compare(Graph quantized, IReadOnlyList<Tensor[]> inputs, IReadOnlyList<long> expected, out int[] before, out int[] after)
    {
        using var real = new InferenceSession(Optimized(_graph), new SessionOptions { Threads = 1 });
        using var rounded = new InferenceSession(quantized, new SessionOptions { Threads = 1 });
        ModelComparison comparison = ModelComparison.Run(real, rounded, inputs, expected);
        (before, after) = ([.. comparison.Answers.Select(a => a.A)], [.. comparison.Answers.Select(a => a.B)]);
        return comparison;
    }

    private static Graph Optimized(Graph source)
    {
        Graph copy = GraphObserver.Copy(source, out Dictionary<Value, Value> copies);
        foreach (Value output in source.Outputs)
        {
            copy.AddOutput(copies[output]);
        }
        PassPipeline.Default.Run(copy);
        return copy;
    }

    private static long Bytes(Graph source) => source.Nodes.SelectMany(n => n.Inputs).OfType<Value>().Where(v => v.IsConstant).Distinct().Sum(v => v.Constant!.Bytes);
}
