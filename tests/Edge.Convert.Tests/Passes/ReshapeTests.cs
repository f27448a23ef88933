using Edge.Convert.Passes.Cleanup;
using Edge.Convert.Passes.Layout;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class ReshapeTests
{
    [Fact]
    public void ViewsOfViewsBecomeOne()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value a = g.Add("a", new Unsqueeze { Axes = [0] }, [g.Add("f", new Flatten(), [g.Input(2, 3, 4)])]);
                g.AddOutput(g.Add("b", new Reshape { Dims = [4, 0, -1] }, [g.Add("s", new Reshape { Dims = [2, 6, 2] }, [a])]));
            },
            new SimplifyReshape());
        Assert.Equal("Reshape", graph.Kinds());
        Assert.Equal([4, 6, 1], Assert.IsType<Reshape>(graph.Single().Operator).Dims!);
    }

    [Fact]
    public void AViewThereAndBackDisappears()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Add("b", new Reshape { Dims = [2, 3, 4] }, [g.Add("f", new Flatten(), [g.Unary("e", "Exp", g.Input(2, 3, 4))])])),
            new SimplifyReshape(),
            new EliminateIdentity());
        Assert.Equal("Exp", graph.Kinds());
    }

    [Fact]
    public void ConstantDimensionsBecomeAnAttribute()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Add("b", new Reshape(), [g.Input(0, 3), g.AddConstant("dims", Tensor.FromVector<long>(3, -1))])),
            new SimplifyReshape());
        Assert.Single(graph.Single().Inputs);
    }

    [Fact]
    public void AViewThatIsReadElsewhereStays()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value a = g.Add("a", new Flatten(), [g.Input(2, 3, 4)]);
                g.AddOutput(a);
                g.AddOutput(g.Add("b", new Reshape { Dims = [4, 6] }, [a]));
            },
            new SimplifyReshape());
        Assert.Equal(["x", "x"], graph.Nodes.Select(n => n.Inputs[0]!.Name));
    }

    [Theory]
    [InlineData(true, 1, 3, 4, 1)]
    [InlineData(false, 1, 3, 4, 2)]
    [InlineData(true, 2, 1, 1, 2)]
    public void ATransposeThatMovesOnesIsAReshape(bool replaced, params int[] dims)
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Add("t", new Transpose { Permutation = [0, 3, 1, 2] }, [g.Input(dims)])),
            new TransposeToReshape());
        Assert.Equal(replaced ? "Reshape" : "Transpose", graph.Kinds());
    }
}
