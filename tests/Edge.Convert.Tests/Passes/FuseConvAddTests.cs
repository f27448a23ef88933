using Edge.Convert.Passes;
using Edge.Convert.Passes.Fuse;
using Edge.Kernels.Elementwise;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Tests.Passes;

public class FuseConvAddTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheOtherOperandBecomesTheResidual(bool swapped)
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value x = g.Input(1, 4, 5, 5);
                Value c = g.Conv("c", x, 4);
                g.AddOutput(g.Unary("y", "Relu", swapped ? g.Binary("s", "Add", x, c) : g.Binary("s", "Add", c, x)));
            },
            new FuseConvAdd(),
            new FuseActivation());
        Node node = graph.Single();
        Assert.Equal(ActivationKind.Relu, PassGraphs.ActivationOf(node).Kind);
        Assert.Equal("x", node.Inputs[3]!.Name);
    }

    [Fact]
    public void TheLaterOfTwoConvolutionsTakesTheSum()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value x = g.Input(1, 4, 5, 5);
                Value shortcut = g.Conv("shortcut", x, 4, kernel: 1, pad: 0);
                g.AddOutput(g.Binary("y", "Add", g.Conv("c", x, 4), shortcut));
            },
            new FuseConvAdd());
        Assert.Equal("Conv Conv", graph.Kinds());
        Assert.Equal("c", graph.Nodes[1].Name);
        Assert.Equal("shortcut", graph.Nodes[1].Inputs[3]!.Name);
    }

    [Fact]
    public void AResidualComputedAfterTheConvolutionMovesTheConvolution()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value x = g.Input(1, 4, 5, 5);
                Value c = g.Conv("c", x, 4, bias: false);
                Value late = g.Unary("late", "Exp", x);
                g.AddOutput(g.Binary("y", "Add", c, late));
            },
            new FuseConvAdd());
        Assert.Equal("Exp Conv", graph.Kinds());
    }

    [Fact]
    public void ABroadcastOperandIsNoResidual()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Binary("y", "Add", g.Conv("c", g.Input(1, 4, 5, 5), 4), g.Input("v", [1, 4, 1, 1]))),
            out PassLog log,
            new FuseConvAdd());
        Assert.Equal("Conv Add", graph.Kinds());
        Assert.Contains("the other operand is f32[1,4,1,1]", Assert.Single(log.Missed).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void AConvolutionAddedToItselfIsKept()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value c = g.Conv("c", g.Input(1, 4, 5, 5), 4);
                g.AddOutput(g.Binary("y", "Add", c, c));
            },
            new FuseConvAdd());
        Assert.Equal("Conv Add", graph.Kinds());
    }

    [Fact]
    public void AChainOfSumsIsFusedConvolutionByConvolution()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value x = g.Input(1, 4, 5, 5);
                Value y = x;
                for (int i = 0; i < 3; i++)
                {
                    Value inner = g.Unary($"r{i}", "Relu", g.Conv($"a{i}", y, 4));
                    y = g.Unary($"y{i}", "Relu", g.Binary($"s{i}", "Add", g.Conv($"b{i}", inner, 4), y));
                }
                g.AddOutput(y);
            },
            new FuseActivation(),
            new FuseConvAdd());
        Assert.Equal("Conv Conv Conv Conv Conv Conv", graph.Kinds());
    }
}
