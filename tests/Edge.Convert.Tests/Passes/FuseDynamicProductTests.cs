using Edge.Convert.Passes;
using Edge.Convert.Passes.Fuse;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Convert.Tests.Passes;

/// <summary>What ONNX Runtime's quantize_dynamic writes, and what lies next to it.</summary>
public class FuseDynamicProductTests
{
    [Theory]
    [InlineData(true, DataType.S8, 0, true)]
    [InlineData(true, DataType.U8, 128, false)]
    [InlineData(false, DataType.S8, 0, false)]
    [InlineData(false, DataType.U8, 128, true)]
    public void ProductsBecomeOneNode(bool isConv, DataType type, int zero, bool perChannel)
    {
        Graph Make(bool relu) => Build(g => Pattern(g, isConv, type, zero, perChannel, relu));
        (Graph before, Graph after) = (Make(true), Make(true));
        new PassPipeline([], [new FuseDynamicProduct(), new FuseActivation()]).Run(after);
        Assert.Equal("DynamicConv", after.Kinds());
        Assert.Equal(ActivationKind.Relu, Assert.IsType<DynamicConv>(after.Single().Operator).Activation.Kind);
        Assert.NotNull(after.Single().Input(3));
        Tensor[] inputs = [RandomTensor.F32(before.Inputs[0].Info.KnownShape, 3, -4, 4)];
        float[] expected = Compute(before, inputs);
        float[] actual = Compute(after, inputs);
        Assert.Contains(expected, v => v > 1);
        // A step of one input in some products: 8 / 255 * largest weight.
        double step = 8.0 / 255 * 127 * 0.05;
        Assert.All(expected.Zip(actual), p => Assert.True(Math.Abs(p.First - p.Second) <= step, $"{p.First} {p.Second}"));
    }

    [Theory]
    [InlineData("zero point")]
    [InlineData("sums are read")]
    [InlineData("float sums are read")]
    [InlineData("scale of another")]
    [InlineData("scales of positions")]
    public void OthersAreLeftAlone(string what)
    {
        Graph graph = Build(g =>
        {
            Node quantize = Quantize(g, g.Input(2, 24));
            Value sums = g.Add("product", new MatMulInteger(), [quantize.Outputs[0], g.AddConstant("w", Weights(DataType.U8, new Shape(24, 12))), quantize.Outputs[2], g.AddConstant("z", Tensor.FromScalar((byte)(what == "zero point" ? 100 : 128)))]);
            Value cast = g.Add("cast", new Cast(DataType.F32), [sums]);
            Value first = what == "scale of another" ? Quantize(g, cast).Outputs[1] : quantize.Outputs[1];
            Value scale = g.Binary("scale", "Mul", first, g.Const("ws", 0.1f, what == "scales of positions" ? [2, 1] : []));
            Value y = g.Binary("y", "Mul", cast, scale);
            if (what == "sums are read")
            {
                g.AddOutput(sums);
            }
            if (what == "float sums are read")
            {
                y = g.Binary("again", "Add", y, cast);
            }
            return y;
        });
        new PassPipeline([], [new FuseDynamicProduct()]).Run(graph);
        Assert.DoesNotContain(graph.Nodes, n => n.Operator is DynamicConv);
    }

    [Fact]
    public void OneQuantizationServesSeveralProducts()
    {
        Graph graph = Build(g =>
        {
            Node quantize = Quantize(g, g.Input(2, 24));
            Value[] parts = [.. Enumerable.Range(0, 2).Select(i => Scaled(g, $"p{i}", quantize, g.Add($"p{i}", new MatMulInteger(), [quantize.Outputs[0], g.AddConstant($"w{i}", Weights(DataType.S8, new Shape(24, 12))), quantize.Outputs[2]]), g.Const($"s{i}", 0.1f)))];
            return g.Binary("sum", "Add", parts[0], parts[1]);
        });
        new PassPipeline([], [new FuseDynamicProduct()]).Run(graph);
        Assert.Equal("DynamicConv DynamicConv Add", graph.Kinds());
    }

    private static Value Pattern(Graph g, bool isConv, DataType type, int zero, bool perChannel, bool relu)
    {
        const int Channels = 12;
        Node quantize = Quantize(g, isConv ? g.Input(1, 5, 7, 7) : g.Input(2, 3, 24));
        Value w = g.AddConstant("w", Weights(type, isConv ? new Shape(Channels, 5, 3, 3) : new Shape(24, Channels)));
        Value? z = type == DataType.U8 ? g.AddConstant("z", Tensor.FromScalar((byte)zero)) : null;
        Operator op = isConv ? new ConvInteger { Strides = [1, 1], Pads = [1, 1, 1, 1], Dilations = [1, 1] } : new MatMulInteger();
        Value sums = g.Add("product", op, [quantize.Outputs[0], w, quantize.Outputs[2], z]);
        int[] channels = isConv ? [1, Channels, 1, 1] : [Channels];
        Value scaled = Scaled(g, "product", quantize, sums, perChannel ? Scales(g, channels) : g.Const("ws", 0.05f));
        Value y = g.Binary("bias", "Add", scaled, g.Weights("b", channels));
        return relu ? g.Unary("relu", "Relu", y) : y;
    }

    private static Value Scales(Graph g, int[] dims)
    {
        Tensor tensor = RandomTensor.F32(new Shape(dims), 9, 0.01f, 0.05f);
        return g.AddConstant("ws", tensor);
    }

    private static Value Scaled(Graph g, string name, Node quantize, Value sums, Value scale) =>
        g.Binary($"{name} scaled", "Mul", g.Add($"{name} cast", new Cast(DataType.F32), [sums]), g.Binary($"{name} scale", "Mul", quantize.Outputs[1], scale));

    private static Node Quantize(Graph g, Value x) => g.AddNode($"{x.Name} quantize", new DynamicQuantizeLinear(), [x], [$"{x.Name} q", $"{x.Name} s", $"{x.Name} z"]);

    private static Tensor Weights(DataType type, Shape shape)
    {
        Tensor tensor = Tensor.Allocate(type, shape);
        new Random(5).NextBytes(tensor.ByteSpan());
        return tensor;
    }

    private static Graph Build(Func<Graph, Value> build)
    {
        var graph = new Graph("test");
        graph.AddOutput(build(graph));
        return graph;
    }

    private static float[] Compute(Graph graph, Tensor[] inputs)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Default });
        return session.Run(inputs)[0].ToArray<float>();
    }
}
