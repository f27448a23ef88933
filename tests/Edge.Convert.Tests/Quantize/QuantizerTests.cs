using Edge.Convert.Quantize;
using Edge.Convert.Tests.Passes;
using Edge.Convert.Verify;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Quantize;

public class QuantizerTests
{
    public static TheoryData<string> Names => [.. QuantModels.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void UsualModelsAreComputedInIntegers(string name)
    {
        (_, QuantizationOutcome outcome) = Quantize(QuantModels.Build(name));
        Assert.Empty(outcome.Kept);
        Assert.True(outcome.IsExact);
        Assert.All(outcome.OutputSnr, snr => Assert.True(snr > 20, $"{name}: {snr:F1} dB"));
        Assert.True(outcome.Agreement > 0.7, $"{name}: {outcome.Agreement:P0} agree");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AllRowsAndThreadsGiveTheSameBits(string name)
    {
        Graph graph = QuantModels.Build(name);
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        (Graph quantized, _) = Quantize(graph);
        byte[][] expected = Outputs(quantized, samples, KernelQuery.Reference, 1);
        foreach (CpuFeatures features in new[] { Cpu.Features, Cpu.Features & ~CpuFeatures.Avx2 & ~CpuFeatures.NeonDot, CpuFeatures.Simd128 & Cpu.Features, CpuFeatures.None })
        {
            foreach (int threads in new[] { 1, 2 })
            {
                byte[][] actual = Outputs(quantized, samples, new KernelQuery(features), threads);
                Assert.All(expected.Zip(actual), p => Assert.True(p.First.AsSpan().SequenceEqual(p.Second), $"{name} with {features}, {threads} threads"));
            }
        }
    }

    [Fact]
    public void BetweenInputAndOutputFewTensorsAreReordered()
    {
        Assert.SkipUnless((Cpu.Features & (CpuFeatures.Avx2 | CpuFeatures.Neon)) != 0, "the processor has no rows for channels last");
        (Graph quantized, _) = Quantize(QuantModels.Build("residual"));
        using var session = new InferenceSession(quantized, new SessionOptions { Threads = 1 });
        string[] reorders = [.. session.Plan.Steps.Where(s => s.Node.Operator.Kind == "Reorder").Select(s => s.Node.Name)];
        Assert.Single(reorders);
        Assert.DoesNotContain(session.Plan.Steps, s => s.RowName.StartsWith("quantconv", StringComparison.Ordinal) && KernelRows.IsReference(s.RowName));
    }

    [Fact]
    public void NodesWithoutAFormStayInFloat32()
    {
        var graph = new Graph("product");
        Value x = graph.Input(1, 4, 6, 6);
        Value a = graph.Conv("a", x, 5);
        Value b = graph.Conv("b", x, 5);
        graph.AddOutput(graph.Conv("c", graph.Binary("product", "Mul", a, b), 3));
        (Graph quantized, QuantizationOutcome outcome) = Quantize(graph);
        (string node, string reason) = Assert.Single(outcome.Kept);
        Assert.Equal("Mul 'product'", node);
        Assert.Contains("no quantized form", reason, StringComparison.Ordinal);
        Assert.False(outcome.IsExact);
        Assert.Equal(3, quantized.Nodes.Count(n => n.Operator is QuantConv));
        Assert.True(outcome.OutputSnr[0] > 20);
    }

    [Fact]
    public void NamedNodesStayInFloat32()
    {
        Graph graph = QuantModels.Build("residual");
        (Graph quantized, QuantizationOutcome outcome) = Quantize(graph, new HashSet<string> { "b" });
        Assert.Equal("Conv 'b'", Assert.Single(outcome.Kept).Node);
        Assert.Single(quantized.Nodes, n => n.Operator is Conv);
    }

    [Fact]
    public void ChannelsOfVeryDifferentRangesKeepTheirWeights()
    {
        var graph = new Graph("ranges");
        Value x = graph.Input(1, 2, 5, 5);
        Tensor w = QuantModels.Normal(new Shape(3, 2, 1, 1), 3, 1);
        w.Span<float>()[0] *= 1000;
        w.Span<float>()[1] *= 1000;
        w.Span<float>()[4] = 0;
        w.Span<float>()[5] = 0;
        Value y = graph.Add("y", PassGraphs.ConvOperator(pad: 0), [x, graph.AddConstant("w", w), graph.AddConstant("b", Tensor.FromVector(0f, 1f, -250f))]);
        graph.AddOutput(y);
        (_, QuantizationOutcome outcome) = Quantize(graph);
        Assert.Empty(outcome.Kept);
        Assert.True(outcome.OutputSnr[0] > 30, $"{outcome.OutputSnr[0]:F1} dB");
    }

    [Fact]
    public void TheBudgetMovesTheNodesThatBreak()
    {
        (_, QuantizationOutcome plain) = Quantize(BreakingModel());
        Assert.True(plain.OutputSnr[0] < 15, $"{plain.OutputSnr[0]:F1} dB");
        Graph graph = BreakingModel();
        (Graph quantized, QuantizationOutcome kept) = Quantize(graph, budget: new Budget("snr", 25), report: true);
        QuantizationReport report = ReportBuilder.Build(graph, kept, QuantModels.Samples(graph), null);
        Assert.True(kept.OutputSnr[0] >= 25, $"{kept.OutputSnr[0]:F1} dB");
        Assert.False(kept.Budget!.Budget.Holds(kept.Budget.Plain));
        Assert.Contains(kept.Budget.Moved, m => m.Node is "wide" or "narrow" or "other");
        Assert.All(kept.Budget.Moved, m =>
        {
            LayerReport layer = Assert.Single(report.Layers, l => l.Node == m.Node);
            Assert.Equal(m.Precision, layer.Precision);
            Assert.Contains("the budget", layer.Why, StringComparison.Ordinal);
        });
        Assert.Contains(quantized.Nodes, n => n.Operator is QuantConv);
        EdgeException missed = Assert.Throws<EdgeException>(() => Quantize(BreakingModel(), budget: new Budget("snr", 150)));
        Assert.Equal(EdgeError.BudgetMissed, missed.Error);
    }

    [Fact]
    public void ReportsMeasureEveryLayer()
    {
        Graph graph = QuantModels.Build("inception");
        (_, QuantizationOutcome outcome) = Quantize(graph, report: true);
        QuantizationReport report = ReportBuilder.Build(graph, outcome, QuantModels.Samples(graph), null);
        Assert.Equal(outcome.Quantized.Values.Sum() + outcome.Kept.Count, report.Layers.Count);
        Assert.InRange(report.Layers.Sum(l => l.ErrorShare ?? 0), 0.999, 1.001);
        Assert.All(report.Layers.Where(l => l.Kind == "Conv"), l => Assert.InRange(l.Snr!.Value, 10, 80));
        Assert.All(report.Layers.Where(l => l.Range is not null), l => Assert.True(l.Range!.Histogram.Sum() > 0 && l.Range.Min <= l.Range.Max && l.Range.Low < l.Range.High, l.Node));
        Assert.Equal("float32", report.Pareto[0].Name);
        Assert.True(report.Pareto[1].WeightBytes < 0.4 * report.Pareto[0].WeightBytes);
        Assert.True(report.Pareto[^1].Snr > report.Pareto[1].Snr, "without its most sensitive nodes the model is better");
        Assert.Equal(outcome.OutputSnr[0], report.Comparison.Snr[0], 1e-6);
    }

    /// <summary>Boxes and scores that a model joins last have nothing to do with each other's ranges.</summary>
    [Fact]
    public void WhatIsOnlyJoinedKeepsItsOwnScales()
    {
        var graph = new Graph("heads");
        Value x = graph.Conv("stem", graph.Input(1, 3, 8, 8), 8);
        Tensor large = QuantModels.Normal(new Shape(4, 8, 1, 1), 3, 100);
        Value boxes = graph.Add("boxes", PassGraphs.ConvOperator(pad: 0), [x, graph.AddConstant("w", large)]);
        Value scores = graph.Unary("scores", "Sigmoid", graph.Conv("logits", x, 4, kernel: 1, pad: 0));
        Value joined = graph.Add("joined", new Concat { Axis = 1 }, [boxes, scores]);
        graph.AddOutput(graph.Add("turned", new Transpose { Permutation = [0, 2, 3, 1] }, [joined]));
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        double[][] Scores(Graph g)
        {
            using var session = new InferenceSession(g, new SessionOptions { Threads = 1 });
            return [.. samples.Select(s => session.Run(s)[0].ToDouble().Where((_, i) => i % 8 >= 4).ToArray())];
        }
        double[][] expected = Scores(graph);
        (Graph quantized, QuantizationOutcome outcome) = Quantize(graph);
        Assert.All(expected.Zip(Scores(quantized)).SelectMany(p => p.First.Zip(p.Second)), p => Assert.Equal(p.First, p.Second, 0.35));
        Assert.Contains(outcome.Kept, k => k.Node == "Concat 'joined'");
    }

    /// <summary>The breaking model keeps each budget, and what is measured on what was written says so.</summary>
    [Theory]
    [InlineData("mse")]
    [InlineData("f1")]
    public void BudgetsOfOtherMetricsAreKept(string metric)
    {
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(BreakingModel());
        var noise = new OutputNoise(BreakingModel(), samples);
        double Cost(Graph quantized) => metric == "mse" ? noise.MeanSquaredError(quantized) : BudgetMetric.Lost(metric, noise.Largest, noise.Measure(quantized).Largest, []);
        double plain = Cost(Quantize(BreakingModel()).Graph);
        (Graph quantized, QuantizationOutcome outcome) = Quantize(BreakingModel(), budget: new Budget(metric, plain / 10));
        Assert.True(plain > 0);
        Assert.NotEmpty(outcome.Budget!.Moved);
        Assert.Equal(plain, outcome.Budget.Plain, 1e-6 * plain);
        Assert.InRange(Cost(quantized), 0, plain / 10);
    }

    /// <summary>Over all axes from one on (operator sets before 13): the same as over one where the others have one position.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void SoftmaxOverAllAxesIsQuantizedWhereOneCounts(int side, bool quantized)
    {
        var graph = new Graph("flat");
        Value x = graph.Conv("stem", graph.Input(1, 3, side, side), 6, kernel: 1, pad: 0);
        graph.AddOutput(graph.Add("y", new Softmax { Axis = 1, Flatten = true }, [x]));
        (Graph result, QuantizationOutcome outcome) = Quantize(graph);
        Assert.Equal(quantized, result.Nodes.Any(n => n.Operator is QuantSoftmax));
        Assert.Equal(quantized, outcome.IsExact);
        Assert.True(outcome.OutputSnr[0] > 25, $"{outcome.OutputSnr[0]:F1} dB");
    }

    [Fact]
    public void LossesAreThoseOfTheDefinitions()
    {
        int[] before = [0, 1, 2, 2];
        int[] after = [0, 2, 2, 1];
        // Against float32 two of four answers change; of the classes, F1 is 1, 0 and 2 / (2 + 1 + 1).
        Assert.Equal(50, BudgetMetric.Lost("top1", before, after, []));
        Assert.Equal(100 * (1 - ((1 + 0 + 0.5) / 3)), BudgetMetric.Lost("f1", before, after, []), 1e-9);
        // Of 0, 1, 2, 1 float32 finds three: F1 is 1, 2/3 and 2/3; so does the quantized model, with other mistakes.
        Assert.Equal(0, BudgetMetric.Lost("top1", before, after, [0, 1, 2, 1]));
        Assert.Equal(0, BudgetMetric.Lost("f1", before, after, [0, 1, 2, 1]), 1e-9);
        Assert.Equal((1 + (2 / 3.0) + (2 / 3.0)) / 3, BudgetMetric.MacroF1(after, [0, 1, 2, 1]), 1e-9);
    }

    [Fact]
    public void MeanSquaredErrorIsOverAllElements()
    {
        Graph Shifted(float by)
        {
            var graph = new Graph("shifted");
            graph.AddOutput(graph.Binary("y", "Add", graph.Input(1, 4), graph.AddConstant("by", Tensor.From<float>(new Shape(1, 4), [0, by, 0, 0]))));
            return graph;
        }
        var noise = new OutputNoise(Shifted(0), QuantModels.Samples(Shifted(0)));
        Assert.Equal(0.25 * 0.25 / 4, noise.MeanSquaredError(Shifted(0.25f)), 1e-6);
        Assert.Equal(double.PositiveInfinity, noise.MeanSquaredError(Shifted(float.NaN)));
    }

    [Theory]
    [InlineData("top1:0.5", "top1", 0.5)]
    [InlineData("snr:30", "snr", 30)]
    [InlineData("f1:1", "f1", 1)]
    [InlineData("mse:1e-3", "mse", 1e-3)]
    public void BudgetsAreRead(string text, string metric, double limit) => Assert.Equal(new Budget(metric, limit), Budget.Parse(text));

    [Theory]
    [InlineData("top1")]
    [InlineData("top5:1")]
    [InlineData("f2:1")]
    [InlineData("mse:nan")]
    [InlineData("snr:much")]
    [InlineData("top1:-1")]
    public void OtherBudgetsAreRefused(string text) => Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => Budget.Parse(text)).Error);

    [Fact]
    public void OutliersAreClippedWhereThatLosesLess()
    {
        var range = new ValueRange();
        float[] values = QuantModels.Normal(new Shape(20_000), 1, 1).ToArray<float>();
        values[0] = 60;
        Assert.True(range.Widen(values));
        range.Count(values);
        ChosenRange all = RangeEstimator.Choose(range, RangeMethod.MinMax, 255);
        Assert.Equal(60, all.High);
        foreach (RangeMethod method in new[] { RangeMethod.Percentile, RangeMethod.Mse, RangeMethod.Entropy })
        {
            Assert.True(RangeEstimator.Choose(range, method, 255).High < 60, method.ToString());
        }
        ChosenRange best = RangeEstimator.Choose(range, RangeMethod.Best, 255);
        Assert.True(best.Snr >= all.Snr);
        Assert.Equal(best.Snr, new[] { RangeMethod.MinMax, RangeMethod.MovingAverage, RangeMethod.Percentile, RangeMethod.Entropy, RangeMethod.Mse }.Max(m => RangeEstimator.Choose(range, m, 255).Snr));
    }

    [Fact]
    public void WeightsAreClippedWhereThatLosesLess()
    {
        float[] weights = [.. Enumerable.Range(0, 40_000).Select(i => (float)Math.Sin(i)), 1.3f];
        float scale = WeightQuantizer.ChooseScale(weights);
        Assert.InRange(scale, 0.9f / 127, 1.1f / 127);
        Assert.Equal(127, WeightQuantizer.Quantize(1.3f, scale));
        Assert.Equal(-127, WeightQuantizer.Quantize(-5f, scale));
        Assert.Equal(0, WeightQuantizer.ChooseScale([0, 0]));
    }

    /// <summary>Channels of ranges 1000:1 in one tensor; the next layers depend on the small ones, and are two, so that nothing can be equalized.</summary>
    private static Graph BreakingModel()
    {
        var graph = new Graph("breaks");
        Value x = graph.Input(1, 4, 6, 6);
        Tensor w = QuantModels.Normal(new Shape(8, 4, 1, 1), 3, 0.5);
        Tensor v = QuantModels.Normal(new Shape(6, 8, 1, 1), 4, 0.5);
        for (int i = 0; i < w.Count / 2; i++)
        {
            w.Span<float>()[i] *= 1000;
        }
        for (int i = 0; i < v.Count; i++)
        {
            v.Span<float>()[i] *= i % 8 < 4 ? 1e-4f : 1;
        }
        Value wide = graph.Add("wide", PassGraphs.ConvOperator(pad: 0), [x, graph.AddConstant("w", w)]);
        Value narrow = graph.Add("narrow", PassGraphs.ConvOperator(pad: 0), [wide, graph.AddConstant("v", v)]);
        Value other = graph.Add("other", PassGraphs.ConvOperator(pad: 0), [wide, graph.AddConstant("v", v)]);
        graph.AddOutput(graph.Conv("last", graph.Binary("sum", "Add", narrow, other), 3));
        return graph;
    }

    private static (Graph Graph, QuantizationOutcome Outcome) Quantize(Graph graph, IReadOnlySet<string>? keep = null, Budget? budget = null, bool report = false)
    {
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        return Quantizer.Run(graph, new QuantizeOptions { ReadSamples = _ => samples, Keep = keep ?? new HashSet<string>(), Budget = budget, Report = report }, samples, null);
    }

    private static byte[][] Outputs(Graph graph, IReadOnlyList<Tensor[]> samples, KernelQuery query, int threads)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = threads, Kernels = query });
        return [.. samples.Select(s => session.Run(s)[0].ByteSpan().ToArray())];
    }
}
