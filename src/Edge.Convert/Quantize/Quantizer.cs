using Edge.Convert.Onnx.Wire;
using Edge.Convert.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>What quantization did.</summary>
public sealed record QuantizationOutcome
{
    /// <summary>Samples that ranges were observed on; 0 for imported schemes.</summary>
    public required int Samples { get; init; }

    /// <summary>Nodes that compute integers, by operator.</summary>
    public required IReadOnlyDictionary<string, int> Quantized { get; init; }

    /// <summary>Nodes that stayed in float32, with the reason.</summary>
    public required IReadOnlyList<(string Node, string Reason)> Kept { get; init; }

    /// <summary>The chosen range of each value: name, range, method, signal to noise in decibels, scale, zero point.</summary>
    public required IReadOnlyList<(string Value, double Low, double High, RangeMethod Method, double Snr, float Scale, int Zero)> Ranges { get; init; }

    /// <summary>Signal to noise of each output against float32 over the samples, in decibels.</summary>
    public required IReadOnlyList<double> OutputSnr { get; init; }

    /// <summary>Share of the samples for which the largest element of output 0 is the same as in float32; null for imported schemes.</summary>
    public required double? Agreement { get; init; }

    /// <summary>Whether weights of neighbouring layers were scaled against each other, so that channels use their integers alike.</summary>
    public bool IsEqualized { get; init; }

    /// <summary>How the budget was kept; null where there is none.</summary>
    public BudgetOutcome? Budget { get; init; }

    /// <summary>What was decided, for a report; null where none is asked for.</summary>
    internal SchemePlan? Plan { get; init; }

    /// <summary>What came of it, for a report.</summary>
    internal Int8Form? Form { get; init; }

    /// <summary>The right class of each sample, or empty.</summary>
    internal IReadOnlyList<long> Classes { get; init; } = [];

    /// <summary>The float32 graph with pairs of QuantizeLinear and DequantizeLinear, where asked for.</summary>
    internal ModelProto? Pairs { get; init; }

    /// <summary>Whether everything between input and output is computed in integers, so that all devices give the same bits.</summary>
    public required bool IsExact { get; init; }
}

/// <summary>Static quantization of a float32 graph to 8-bit integers.</summary>
internal static class Quantizer
{
    /// <summary>Operators whose results are the same bits on every device, besides those on integers.</summary>
    private static readonly string[] ExactKinds = [QuantizeLinear.Name, DequantizeLinear.Name, QuantSoftmax.Name, Cast.Name];

    /// <param name="graph">Legalized; it is changed by passes.</param>
    public static (Graph Graph, QuantizationOutcome Outcome) Run(Graph graph, QuantizeOptions options, IReadOnlyList<Tensor[]> samples, IProgress<string>? progress)
    {
        PassPipeline.BeforeQuantization.Run(graph);
        NamedNodes.Require(graph, options.Keep.Concat(options.Words).Where(n => n != QuantizeOptions.All), "--report");
        // Read first: what is wrong with them is said before minutes are spent.
        var right = new RightAnswers
        {
            Classes = options.ReadClasses?.Invoke(samples.Count) ?? [],
            Targets = options.ReadTargets?.Invoke(samples.Count, graph.Outputs[0].Info) ?? [],
        };
        (SchemePlan plan, IReadOnlyList<CalibratedValue> values, bool equalized) = SchemeChoice.Run(graph, options, samples, progress);
        BudgetOutcome? kept = null;
        Int8Form form;
        if (options.Budget is { } budget)
        {
            (form, kept) = BudgetSearch.Run(graph, plan, samples, right, budget, progress);
        }
        else
        {
            form = Int8Builder.Build(graph, plan);
        }
        Graph quantized = form.Graph;
        ModelProto? pairs = options.EmitPairs ? QdqWriter.Write(graph, form) : null;
        UniqueNames.Apply(quantized);
        GraphValidator.Validate(quantized);
        progress?.Report("comparing with float32");
        (double[] snr, double agreement) = Compare(graph, quantized, samples);
        return (quantized, new QuantizationOutcome
        {
            Samples = samples.Count,
            Quantized = form.Decisions.Where(d => d.Reason is null).GroupBy(d => d.Kind).ToDictionary(g => g.Key, g => g.Count()),
            Kept = [.. form.Decisions.Where(d => d.Reason is not null).Select(d => ($"{d.Kind} '{d.Node}'", d.Reason!))],
            Ranges = [.. values.Select(v => (v.Name, v.Chosen.Low, v.Chosen.High, v.Chosen.Method, v.Chosen.Snr, v.Scheme.Scale, v.Scheme.Zero))],
            OutputSnr = snr,
            Agreement = agreement,
            Budget = kept,
            IsEqualized = equalized,
            Plan = options.Report ? plan : null,
            Form = options.Report ? form : null,
            Classes = right.Classes,
            Pairs = pairs,
            IsExact = quantized.Nodes.All(IsExact),
        });
    }

    /// <summary>
    /// The graph in integers where it was quantized elsewhere (QDQ, QLinearConv, QLinearMatMul); null where it was not: then
    /// <paramref name="graph"/> still computes what it did.
    /// </summary>
    public static (Graph Graph, QuantizationOutcome Outcome)? Import(Graph graph)
    {
        if (QdqReader.Read(graph) is not { Values.Count: > 0 } plan)
        {
            return null;
        }
        PassPipeline.BeforeQuantization.Run(graph);
        Int8Form form = Int8Builder.Build(graph, plan);
        Graph quantized = form.Graph;
        UniqueNames.Apply(quantized);
        GraphValidator.Validate(quantized);
        return (quantized, new QuantizationOutcome
        {
            Samples = 0,
            Quantized = form.Decisions.Where(d => d.Reason is null).GroupBy(d => d.Kind).ToDictionary(g => g.Key, g => g.Count()),
            Kept = [.. form.Decisions.Where(d => d.Reason is not null).Select(d => ($"{d.Kind} '{d.Node}'", d.Reason!))],
            Ranges = [],
            OutputSnr = [],
            Agreement = null,
            IsExact = quantized.Nodes.All(IsExact),
        });
    }

    private static bool IsExact(Node node) => ExactKinds.Contains(node.Operator.Kind) || node.Outputs.All(o => o.Info.Type.IsInteger()) || Moves.AsIntegers(node, 0) is not null;

    private static (double[] Snr, double Agreement) Compare(Graph real, Graph quantized, IReadOnlyList<Tensor[]> samples)
    {
        using var exact = new InferenceSession(real, new SessionOptions());
        using var rounded = new InferenceSession(quantized, new SessionOptions());
        var signal = new double[real.Outputs.Count];
        var noise = new double[real.Outputs.Count];
        int agreements = 0;
        foreach (Tensor[] sample in samples)
        {
            Tensor[] expected = exact.Run(sample);
            Tensor[] actual = rounded.Run(sample);
            for (int i = 0; i < expected.Length; i++)
            {
                double[] a = actual[i].ToDouble();
                double[] b = expected[i].ToDouble();
                signal[i] += b.Sum(v => v * v);
                noise[i] += a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();
                agreements += i == 0 && IndexOfMax(a) == IndexOfMax(b) ? 1 : 0;
            }
        }
        double[] snr = [.. signal.Select((s, i) => noise[i] == 0 ? 200 : 10 * Math.Log10(Math.Max(s, 1e-30) / noise[i]))];
        return (snr, (double)agreements / samples.Count);
    }

    private static int IndexOfMax(double[] values) => values.Length == 0 ? -1 : Array.IndexOf(values, values.Max());
}
