using Edge.Convert.Passes;
using Edge.Convert.Passes.Fold;
using Edge.Kernels.Elementwise;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class FoldConvScaleTests
{
    [Theory]
    [InlineData("Add", false)]
    [InlineData("Add", true)]
    [InlineData("Sub", false)]
    [InlineData("Sub", true)]
    [InlineData("Mul", false)]
    [InlineData("Mul", true)]
    [InlineData("Div", false)]
    public void AConstantPerChannelGoesIntoTheWeights(string function, bool constantFirst)
    {
        foreach (int group in new[] { 1, 2, 4 })
        {
            Graph graph = PassCase.Run(
                g =>
                {
                    Value c = g.Conv("c", g.Input(1, 4, 5, 5), 8, group: group, bias: group != 2);
                    Value k = g.Weights("k", 1, 8, 1, 1);
                    g.AddOutput(constantFirst ? g.Binary("y", function, k, c) : g.Binary("y", function, c, k));
                },
                new FoldConvScale());
            Assert.Equal("Conv", graph.Kinds());
        }
    }

    [Fact]
    public void AConstantDividedByTheResultIsKept() =>
        Assert.Equal("Conv Div", PassCase.Run(g => g.AddOutput(g.Binary("y", "Div", g.Const("k", 2), g.Conv("c", g.Input(1, 4, 5, 5), 8))), new FoldConvScale()).Kinds());

    [Fact]
    public void AScalarIsAConstantPerChannel() =>
        Assert.Equal("Conv", PassCase.Run(g => g.AddOutput(g.Binary("y", "Mul", g.Const("k", 2), g.Conv("c", g.Input(1, 4, 5, 5), 8))), new FoldConvScale()).Kinds());

    [Fact]
    public void AConstantPerPositionIsKept() =>
        Assert.Equal("Conv Mul", PassCase.Run(g => g.AddOutput(g.Binary("y", "Mul", g.Weights("k", 5, 5), g.Conv("c", g.Input(1, 4, 5, 5), 8))), new FoldConvScale()).Kinds());

    [Fact]
    public void AZeroDivisorIsKept() =>
        Assert.Equal("Conv Div", PassCase.Run(g => g.AddOutput(g.Binary("y", "Div", g.Conv("c", g.Input(1, 4, 5, 5), 8), g.Const("k", 0))), new FoldConvScale()).Kinds());

    [Fact]
    public void TheActivationOfTheConstantOperatorIsKept()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Add("y", new Binary("Add") { Activation = new Activation(ActivationKind.Relu) }, [g.Conv("c", g.Input(1, 4, 5, 5), 8), g.Const("k", -9)])),
            new FoldConvScale());
        Assert.Equal(ActivationKind.Relu, PassGraphs.ActivationOf(graph.Single()).Kind);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void TransposedConvolutionsAreScaled(int group)
    {
        var transposed = new ConvTranspose { Strides = [2, 2], Pads = [0, 0, 1, 1], OutputPadding = [0, 0], Dilations = [1, 1], Group = group };
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Binary("y", "Mul", g.Add("t", transposed, [g.Input(1, 4, 3, 3), g.Weights("u", 4, 6 / group, 2, 2)]), g.Weights("k", 6, 1, 1))),
            new FoldConvScale());
        Assert.Equal("ConvTranspose", graph.Kinds());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MatrixProductsAreScaled(bool transposed)
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value w = transposed ? g.Weights("w", 4, 3) : g.Weights("w", 3, 4);
                Value p = g.Add("g", new Gemm { TransB = transposed, Alpha = 0.5f, Beta = 2 }, [g.Input(2, 3), w, g.Weights("c", 1, 4)]);
                g.AddOutput(g.Binary("z", "Add", g.Binary("y", "Mul", p, g.Weights("k", 4)), g.Weights("l", 1, 4)));
            },
            new FoldConvScale());
        Assert.Equal("Gemm", graph.Kinds());
    }

    [Fact]
    public void TheScaleOfTheInputGoesIntoTheWeights()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Conv("c", g.Binary("d", "Div", g.Binary("s", "Sub", g.Input(1, 4, 5, 5), g.Weights("mean", 4, 1, 1)), g.Weights("std", 4, 1, 1)), 8, group: 2)),
            out PassLog log,
            new FoldConvScale());
        Assert.Equal("Sub Conv", graph.Kinds());
        Assert.Contains("the shift would not reach the padding", Assert.Single(log.Missed).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void TheShiftOfTheInputGoesIntoTheBiasWithoutPadding()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value normal = g.Binary("d", "Div", g.Binary("s", "Sub", g.Input(1, 4, 5, 5), g.Weights("mean", 4, 1, 1)), g.Weights("std", 4, 1, 1));
                g.AddOutput(g.Conv("c", normal, 8, pad: 0, group: 2));
            },
            new FoldConvScale());
        Assert.Equal("Conv", graph.Kinds());
    }

    [Fact]
    public void TheShiftOfTheInputGoesIntoTheBiasOfAMatrixProduct()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Add("g", new Gemm { TransB = true, Alpha = 0.5f }, [g.Binary("s", "Sub", g.Input(2, 3), g.Weights("mean", 3)), g.Weights("w", 4, 3)])),
            new FoldConvScale());
        Assert.Equal("Gemm", graph.Kinds());
    }
}
