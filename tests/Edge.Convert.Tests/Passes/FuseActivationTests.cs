using Edge.Convert.Passes;
using Edge.Convert.Passes.Fold;
using Edge.Convert.Passes.Fuse;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class FuseActivationTests
{
    [Theory]
    [InlineData("Relu", ActivationKind.Relu)]
    [InlineData("Sigmoid", ActivationKind.Sigmoid)]
    [InlineData("HardSwish", ActivationKind.HardSwish)]
    [InlineData("LeakyRelu", ActivationKind.LeakyRelu)]
    public void ConvTakesTheActivationOver(string function, ActivationKind kind)
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Unary("y", function, g.Conv("c", g.Input(1, 3, 5, 5), 4))),
            out PassLog log,
            new FuseActivation());
        Node node = graph.Single();
        Assert.Equal(kind, PassGraphs.ActivationOf(node).Kind);
        Assert.Equal(("c", "y"), (node.Name, node.Outputs[0].Name));
        Assert.Equal($"Conv 'c' + {function} 'y'", log.Rewrites[0].Text);
    }

    [Fact]
    public void ClipKeepsItsBounds()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Clip("y", g.Conv("c", g.Input(1, 3, 5, 5), 4), 0, 6)), new FuseActivation());
        Assert.Equal(new Activation(ActivationKind.Clip, 0, 6), PassGraphs.ActivationOf(graph.Single()));
    }

    [Fact]
    public void AnOutputThatIsReadTwiceIsKept()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value c = g.Conv("c", g.Input(1, 3, 5, 5), 4);
                g.AddOutput(g.Binary("sum", "Mul", g.Unary("r", "Relu", c), c));
            },
            out PassLog log,
            new FuseActivation());
        Assert.Equal("Conv Relu Mul", graph.Kinds());
        Assert.Equal("Conv 'c': Relu 'r' is not fused: 'c' is read 2 times", Assert.Single(log.Missed).Text);
    }

    [Fact]
    public void AGraphOutputIsKept()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value c = g.Conv("c", g.Input(1, 3, 5, 5), 4);
                g.AddOutput(g.Unary("r", "Relu", c));
                g.AddOutput(c);
            },
            out PassLog log,
            new FuseActivation());
        Assert.Equal("Conv Relu", graph.Kinds());
        Assert.Contains("'c' is a graph output", Assert.Single(log.Missed).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void OneActivationIsEnough()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Unary("t", "Tanh", g.Unary("r", "Relu", g.Conv("c", g.Input(1, 3, 5, 5), 4)))), new FuseActivation());
        Assert.Equal("Conv Tanh", graph.Kinds());
    }

    [Fact]
    public void BinariesTakeActivationsOver()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Unary("y", "Relu", g.Binary("s", "Add", g.Input("a", [2, 3]), g.Input("b", [3])))),
            new FuseActivation());
        Assert.Equal(ActivationKind.Relu, Assert.IsType<Binary>(graph.Single().Operator).Activation.Kind);
    }

    [Fact]
    public void BatchNormTakesTheActivationOver()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Clip("y", Norm(g, "n", g.Input(1, 3, 5, 5)), -0.5f, 0.5f)), new FuseActivation());
        Assert.Equal(new Activation(ActivationKind.Clip, -0.5f, 0.5f), Assert.IsType<BatchNorm>(graph.Single().Operator).Activation);
    }

    [Fact]
    public void BatchNormTakesItsActivationIntoTheConvolutionBefore()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Unary("y", "Relu", Norm(g, "n", g.Conv("c", g.Input(1, 3, 5, 5), 4)))), new FuseActivation(), new FoldBatchNorm());
        Assert.Equal(ActivationKind.Relu, PassGraphs.ActivationOf(graph.Single()).Kind);
    }

    [Fact]
    public void BatchNormWithAnActivationIsNotFoldedIntoTheConvolutionAfter()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Conv("c", g.Unary("y", "Relu", Norm(g, "n", g.Input(1, 3, 5, 5))), 4, pad: 0)), out PassLog log, new FuseActivation(), new FoldBatchNorm());
        Assert.Equal("BatchNorm Conv", graph.Kinds());
        Assert.Contains("it applies Relu", Assert.Single(log.Missed).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherTypesAreLeftAlone()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Unary("y", "Relu", g.Binary("s", "Add", g.Input("a", [2, 3], DataType.S32), g.Input("b", [3], DataType.S32)))),
            new FuseActivation());
        Assert.Equal("Add Relu", graph.Kinds());
    }

    [Fact]
    public void MatrixProductsAndTransposedConvolutionsTakeActivationsOver()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                g.AddOutput(g.Unary("p", "Relu", g.Add("m", new MatMul(), [g.Input("a", [2, 2, 3]), g.Weights("w", 3, 4)])));
                g.AddOutput(g.Unary("q", "Sigmoid", g.Add("g", new Gemm { TransB = true }, [g.Input("b", [2, 3]), g.Weights("v", 4, 3)])));
                var transposed = new ConvTranspose { Strides = [2, 2], Pads = [0, 0, 0, 0], OutputPadding = [0, 0], Dilations = [1, 1] };
                g.AddOutput(g.Unary("r", "Tanh", g.Add("t", transposed, [g.Input("c", [1, 2, 3, 3]), g.Weights("u", 2, 3, 2, 2)])));
            },
            new FuseActivation());
        Assert.Equal("MatMul Gemm ConvTranspose", graph.Kinds());
    }

    private static Value Norm(Graph graph, string name, Value x)
    {
        int channels = x.Info.KnownShape[1];
        return graph.Add(
            name,
            new BatchNorm(),
            [x, graph.Weights($"{name}.s", channels), graph.Weights($"{name}.b", channels), graph.Weights($"{name}.m", channels), graph.Weights($"{name}.v", channels)]);
    }
}
