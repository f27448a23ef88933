using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Convert.Tests.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Quantize;

public class WeightFormatTests
{
    [Theory]
    [InlineData(WeightFormat.Float16, 1e-3, 0.6)]
    [InlineData(WeightFormat.Int8, 0.05, 0.4)]
    public void FilesShrinkAndResultsHardlyMove(WeightFormat format, double tolerance, double size)
    {
        Graph graph = Build();
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph, 3);
        double[][] expected = Outputs(graph, samples);
        long before = WriteAndMeasure(graph, out _);
        Assert.Equal(3, WeightCompressor.Run(graph, format));
        UniqueNames.Apply(graph);
        GraphValidator.Validate(graph);
        long after = WriteAndMeasure(graph, out ModelFile read);
        Assert.True(after < size * before, $"{after} of {before} bytes");
        using var session = new InferenceSession(read.Graph, new SessionOptions { Threads = 1 });
        Assert.DoesNotContain(session.Plan.Steps, s => s.Node.Operator is Cast or DequantizeLinear);
        for (int i = 0; i < samples.Count; i++)
        {
            double[] actual = session.Run(samples[i])[0].ToDouble();
            double largest = expected[i].Max(Math.Abs);
            Assert.All(expected[i].Zip(actual), p => Assert.True(Math.Abs(p.First - p.Second) <= tolerance * largest, $"{p.First} {p.Second}"));
        }
    }

    [Fact]
    public void SmallWeightsStayAsTheyAre()
    {
        Graph graph = QuantModels.Build("signal");
        int nodes = graph.Nodes.Count;
        int changed = WeightCompressor.Run(graph, WeightFormat.Float16);
        Assert.Equal(nodes + changed, graph.Nodes.Count);
        Assert.Equal(graph.Nodes.Count(n => n.Operator is Conv or Gemm && n.Inputs[1]!.Producer?.Operator is Cast), changed);
    }

    private static Graph Build()
    {
        var graph = new Graph("weights");
        Value x = graph.Input(1, 16, 8, 8);
        x = graph.Add("a", PassGraphs.ConvOperator(), [x, graph.AddConstant("a.w", QuantModels.Normal(new Shape(24, 16, 3, 3), 1, 0.1))]);
        x = graph.Add("b", PassGraphs.ConvOperator(), [x, graph.AddConstant("b.w", QuantModels.Normal(new Shape(24, 24, 3, 3), 2, 0.1))]);
        x = graph.Add("flat", new Flatten { Axis = 1 }, [x]);
        graph.AddOutput(graph.Add("c", new Gemm(), [x, graph.AddConstant("c.w", QuantModels.Normal(new Shape(24 * 64, 10), 3, 0.05))]));
        return graph;
    }

    private static long WriteAndMeasure(Graph graph, out ModelFile read)
    {
        string path = Path.Combine(Path.GetTempPath(), $"edge-weights-{Guid.NewGuid():N}.edge");
        try
        {
            EdgeWriter.Write(new ModelFile { Graph = graph }, path, new WriteOptions());
            read = EdgeReader.Read(path);
            return new FileInfo(path).Length;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static double[][] Outputs(Graph graph, IReadOnlyList<Tensor[]> samples)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        return [.. samples.Select(s => session.Run(s)[0].ToDouble())];
    }
}
