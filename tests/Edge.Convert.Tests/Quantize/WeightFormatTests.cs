using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Convert.Tests.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Quantize;

public class WeightFormatTests
{
    [Theory]
    [InlineData("f16", 1e-3, 0.6)]
    [InlineData("int8", 0.05, 0.4)]
    [InlineData("int8:32", 0.02, 0.35)]
    [InlineData("int4", 0.2, 0.25)]
    [InlineData("int4:64", 0.25, 0.23)]
    public void FilesShrinkAndResultsHardlyMove(string format, double tolerance, double size)
    {
        Graph graph = Build();
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph, 3);
        double[][] expected = Outputs(graph, samples);
        long before = WriteAndMeasure(graph, out _);
        Assert.Equal(3, WeightCompressor.Run(graph, WeightStorage.Parse(format)));
        UniqueNames.Apply(graph);
        GraphValidator.Validate(graph);
        long after = WriteAndMeasure(graph, out ModelFile read);
        Assert.True(after < size * before, $"{after} of {before} bytes");
        using var session = new InferenceSession(read.Graph, new SessionOptions { Threads = 1 });
        Assert.DoesNotContain(session.Plan.Steps, s => s.Node.Operator is Cast or DequantizeLinear or GroupDequantize);
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
        int changed = WeightCompressor.Run(graph, WeightStorage.Parse("f16"));
        Assert.Equal(nodes + changed, graph.Nodes.Count);
        Assert.Equal(graph.Nodes.Count(n => n.Operator is Conv or Gemm && n.Inputs[1]!.Producer?.Operator is Cast), changed);
    }

    [Theory]
    [InlineData("int4:")]
    [InlineData("int4:7")]
    [InlineData("int4:-8")]
    [InlineData("int4:32:32")]
    [InlineData("f16:32")]
    [InlineData("int2")]
    public void OtherFormatsAreRefused(string format) => Assert.Equal(EdgeError.BadOption, Assert.Throws<EdgeException>(() => WeightStorage.Parse(format)).Error);

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void EachWeightIsWithinAStepOfItsGroup(int bits)
    {
        // Rows of 37 elements in groups of 16; groups of very different magnitudes, and one of zeros.
        Tensor weights = QuantModels.Normal(new Shape(6, 37), 4, 0.1);
        for (int i = 0; i < weights.Count; i++)
        {
            weights.Span<float>()[i] *= (i / 16 % 4) switch { 0 => 1e-4f, 1 => 0, 2 => 1, _ => 1e3f };
        }
        (GroupDequantize op, Tensor integers, Tensor scales) = GroupQuantizer.Quantize(weights, bits, 16);
        float[] back = Expand(op, integers, scales);
        float[] scale = [.. scales.ToArray<Half>().Select(s => (float)s * op.Unit)];
        for (int i = 0; i < back.Length; i++)
        {
            (int row, int column) = (i / 37, i % 37);
            float largest = Enumerable.Range(column / 16 * 16, Math.Min(16, 37 - (column / 16 * 16))).Max(c => Math.Abs(weights.Span<float>()[(row * 37) + c]));
            // Half of a step, or what is clipped at -8 and 7 steps of a scale down to largest / 9.
            Assert.True(Math.Abs(back[i] - weights.Span<float>()[i]) <= (bits == 4 ? 0.23f : 0.03f) * largest, $"{i}: {back[i]} for {weights.Span<float>()[i]}, scale {scale[(row * 3) + (column / 16)]}");
        }
    }

    private static float[] Expand(GroupDequantize op, Tensor integers, Tensor scales)
    {
        var graph = new Graph("expand");
        graph.AddOutput(graph.Add("w", op, [graph.AddConstant("q", integers), graph.AddConstant("s", scales)]));
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        return session.Run([])[0].ToArray<float>();
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
