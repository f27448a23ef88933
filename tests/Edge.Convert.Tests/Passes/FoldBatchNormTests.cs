using Edge.Convert.Passes;
using Edge.Convert.Passes.Fold;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class FoldBatchNormTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(4, false)]
    public void IntoTheConvolutionBefore(int group, bool bias)
    {
        Graph graph = PassCase.Run(g => g.AddOutput(Norm(g, g.Conv("c", g.Input(2, 4, 5, 5), 8, group: group, bias: bias))), out PassLog log, new FoldBatchNorm());
        Assert.Equal("Conv", graph.Kinds());
        Assert.Equal("Conv 'c' + BatchNorm 'n'", log.Rewrites[0].Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void IntoTheTransposedConvolutionBefore(int group)
    {
        var op = new ConvTranspose { Strides = [2, 2], Pads = [1, 0, 0, 1], OutputPadding = [1, 0], Dilations = [1, 1], Group = group };
        Graph graph = PassCase.Run(
            g => g.AddOutput(Norm(g, g.Add("t", op, [g.Input(1, 6, 4, 4), g.Weights("w", 6, 6 / group, 3, 3), g.Weights("b", 6)]))),
            new FoldBatchNorm());
        Assert.Equal("ConvTranspose", graph.Kinds());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void IntoTheMatrixProductBefore(bool transposed)
    {
        var op = new Gemm { TransB = transposed, Alpha = 0.5f, Beta = 3 };
        Graph graph = PassCase.Run(
            g => g.AddOutput(Norm(g, g.Add("p", op, [g.Input(3, 4), transposed ? g.Weights("w", 5, 4) : g.Weights("w", 4, 5), g.Const("b", 2, 1)]))),
            new FoldBatchNorm());
        Assert.Equal("Gemm", graph.Kinds());
    }

    [Fact]
    public void IntoTheConvolutionAfter()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Conv("c", Norm(g, g.Input(2, 4, 5, 5)), 8, pad: 0, group: 2)), new FoldBatchNorm());
        Assert.Equal("Conv", graph.Kinds());
    }

    [Fact]
    public void IntoTheMatrixProductAfter()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Add("p", new Gemm { TransB = true, Alpha = 0.5f }, [Norm(g, g.Input(3, 4)), g.Weights("w", 5, 4)])), new FoldBatchNorm());
        Assert.Equal("Gemm", graph.Kinds());
    }

    [Fact]
    public void NotAcrossPadding()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Conv("c", Norm(g, g.Input(2, 4, 5, 5)), 8)), out PassLog log, new FoldBatchNorm());
        Assert.Equal("BatchNorm Conv", graph.Kinds());
        Assert.Contains("would not reach the padding", Assert.Single(log.Missed).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void NotWhereTheConvolutionIsReadElsewhere()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value c = g.Conv("c", g.Input(1, 4, 5, 5), 8);
                g.AddOutput(Norm(g, c));
                g.AddOutput(g.Unary("r", "Relu", c));
            },
            out PassLog log,
            new FoldBatchNorm());
        Assert.Equal("Conv BatchNorm Relu", graph.Kinds());
        Assert.Contains("'c' is read 2 times", Assert.Single(log.Missed).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void NotWithComputedStatistics()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value x = g.Conv("c", g.Input(1, 4, 5, 5), 8);
                g.AddOutput(g.Add("n", new BatchNorm(), [x, g.Input("scale", [8]), g.Weights("n.b", 8), g.Weights("n.m", 8), g.Weights("n.v", 8)]));
            },
            out PassLog log,
            new FoldBatchNorm());
        Assert.Equal("Conv BatchNorm", graph.Kinds());
        Assert.Contains("is not constant", Assert.Single(log.Missed).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void NotWithANegativeVariance()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Add("n", new BatchNorm(), [g.Conv("c", g.Input(1, 4, 5, 5), 8), g.Weights("s", 8), g.Weights("b", 8), g.Weights("m", 8), g.Const("v", -1, 8)])),
            new FoldBatchNorm());
        Assert.Equal("Conv BatchNorm", graph.Kinds());
    }

    private static Value Norm(Graph graph, Value x)
    {
        int channels = x.Info.KnownShape[1];
        return graph.Add("n", new BatchNorm { Epsilon = 1e-3f }, [x, graph.Weights("n.scale", channels), graph.Weights("n.bias", channels), graph.Weights("n.mean", channels), graph.Weights("n.variance", channels)]);
    }
}
