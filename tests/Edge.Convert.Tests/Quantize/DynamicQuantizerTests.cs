using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Convert.Tests.Passes;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Quantize;

public class DynamicQuantizerTests
{
    public static TheoryData<string> Models => [.. QuantModels.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void ModelsComputeNearlyTheSame(string name)
    {
        Graph graph = QuantModels.Build(name);
        PassPipeline.Default.Run(graph);
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        double[][] expected = Outputs(graph, samples);
        DynamicOutcome outcome = DynamicQuantizer.Run(graph, new DynamicOptions());
        Assert.Equal(outcome.Quantized.Values.Sum(), graph.Nodes.Count(n => n.Operator is DynamicConv));
        Assert.True(outcome.Quantized.Values.Sum() > 1, string.Join('\n', outcome.Kept));
        Graph read = EdgeReader.Read(EdgeWriter.WriteToArray(new ModelFile { Graph = graph })).Graph;
        RequireClose(expected, Outputs(read, samples), 25);
    }

    [Fact]
    public void SumsAndOtherActivationsFollow()
    {
        Graph graph = Build(g =>
        {
            Value x = g.Conv("a", g.Input(1, 16, 9, 9), 16);
            Value y = g.Add("b", PassGraphs.ConvOperator() with { Activation = new Activation(ActivationKind.Silu) }, [x, g.Weights("b.w", 16, 16, 3, 3)]);
            return g.Add("c", PassGraphs.ConvOperator() with { Activation = new Activation(ActivationKind.Relu) }, [y, g.Weights("c.w", 16, 16, 3, 3), null, x]);
        });
        Compare(graph, 3);
        Assert.Equal("DynamicConv DynamicConv Silu DynamicConv Add", graph.Kinds());
        Assert.Equal(ActivationKind.Relu, Assert.IsType<Binary>(graph.Nodes[^1].Operator).Activation.Kind);
    }

    [Theory]
    [InlineData(false, 1f, 1f, 40)]
    [InlineData(true, 0.5f, 2f, 40)]
    [InlineData(true, 1f, 3f, 1)]
    public void ProductsOfMatricesTakeTheirBias(bool transposed, float alpha, float beta, int biases)
    {
        Graph graph = Build(g => g.Add(
            "fc", new Gemm { TransB = transposed, Alpha = alpha, Beta = beta, Activation = new Activation(ActivationKind.Relu) },
            [g.Input(5, 24), g.Weights("w", transposed ? [40, 24] : [24, 40]), g.Weights("b", biases)]));
        Compare(graph, 1);
        Assert.Equal("DynamicConv", graph.Kinds());
    }

    [Fact]
    public void ProductsOfHigherRankTakeTheSumBehindThem()
    {
        Graph graph = Build(g =>
        {
            Value x = g.Add("tokens", new MatMul(), [g.Input(2, 7, 24), g.Weights("w", 24, 40)]);
            return g.Add("sum", new Binary("Add") { Activation = new Activation(ActivationKind.Relu) }, [g.Weights("b", 1, 40), x]);
        });
        Compare(graph, 1);
        Node node = graph.Single();
        Assert.Equal("tokens", node.Name);
        Assert.Equal(ActivationKind.Relu, Assert.IsType<DynamicConv>(node.Operator).Activation.Kind);
    }

    [Fact]
    public void WeightsThatTwoReadAreStoredOnce()
    {
        Graph graph = Build(g =>
        {
            Value w = g.Weights("w", 16, 16, 3, 3);
            return g.Add("b", PassGraphs.ConvOperator(), [g.Add("a", PassGraphs.ConvOperator(), [g.Input(1, 16, 6, 6), w]), w]);
        });
        Compare(graph, 2);
        Assert.Same(graph.Nodes[0].Input(1), graph.Nodes[1].Input(1));
    }

    /// <summary>What stays has its weights in 8 bits all the same, but for what is kept.</summary>
    [Fact]
    public void OthersStayAndSayWhy()
    {
        Graph graph = Build(g =>
        {
            Value x = g.Conv("depthwise", g.Input(1, 64, 9, 9), 64, group: 64);
            x = g.Conv("kept", x, 64);
            x = g.Conv("narrow", x, 16, kernel: 1, pad: 0);
            return g.Binary("both", "Mul", x, g.Add("data", new MatMul(), [x, x]));
        });
        DynamicOutcome outcome = DynamicQuantizer.Run(graph, new DynamicOptions { Keep = new HashSet<string> { "kept" } });
        Assert.Empty(outcome.Quantized);
        Assert.Equal(["Conv 'depthwise'", "Conv 'kept'", "Conv 'narrow'", "MatMul 'data'"], outcome.Kept.Select(k => k.Node));
        Assert.Equal(2, outcome.SmallWeights);
        Assert.True(graph.Nodes.Single(n => n.Name == "kept").Input(1)!.IsConstant);
        Assert.Contains("16 multiply-adds", outcome.Kept[2].Reason, StringComparison.Ordinal);
        Assert.Contains("not constant", outcome.Kept[3].Reason, StringComparison.Ordinal);
    }

    private static Graph Build(Func<Graph, Value> build)
    {
        var graph = new Graph("test");
        graph.AddOutput(build(graph));
        return graph;
    }

    private static void Compare(Graph graph, int products)
    {
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph, 3);
        double[][] expected = Outputs(graph, samples);
        Assert.Equal(products, DynamicQuantizer.Run(graph, new DynamicOptions()).Quantized.Values.Sum());
        RequireClose(expected, Outputs(graph, samples), 30);
    }

    private static void RequireClose(double[][] expected, double[][] actual, double least)
    {
        double signal = expected.Sum(e => e.Sum(v => v * v));
        double noise = expected.Zip(actual, (e, a) => e.Zip(a, (x, y) => (x - y) * (x - y)).Sum()).Sum();
        double snr = 10 * Math.Log10(signal / noise);
        Assert.True(snr >= least, $"{snr:F1} dB");
    }

    private static double[][] Outputs(Graph graph, IReadOnlyList<Tensor[]> samples)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        return [.. samples.Select(s => session.Run(s)[0].ToDouble())];
    }
}
