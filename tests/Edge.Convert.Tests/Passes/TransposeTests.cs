using Edge.Convert.Passes.Layout;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class TransposeTests
{
    [Fact]
    public void TwoTransposesBecomeOne()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(Transpose(g, "b", Transpose(g, "a", g.Input(2, 3, 4, 5), 0, 2, 3, 1), 1, 0, 3, 2)),
            new CancelTransposes());
        Assert.Equal([2, 0, 1, 3], Permutation(graph.Single()));
    }

    [Fact]
    public void ATransposeThatIsReadElsewhereStays()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value a = Transpose(g, "a", g.Input(2, 3), 1, 0);
                g.AddOutput(a);
                g.AddOutput(Transpose(g, "b", a, 1, 0));
            },
            new CancelTransposes());
        Assert.Equal(["x", "x"], graph.Nodes.Select(n => n.Inputs[0]!.Name));
    }

    [Fact]
    public void TransposesMeetAcrossElementwiseOperators()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value a = g.Unary("r", "Relu", Transpose(g, "a", g.Input(2, 3, 4), 2, 0, 1));
                g.AddOutput(Transpose(g, "b", g.Binary("m", "Sub", g.Const("k", 3, 1), a), 1, 2, 0));
            },
            new CancelTransposes());
        Assert.Equal("Relu Sub Transpose", graph.Kinds());
        Assert.Equal([0, 1, 2], Permutation(graph.Nodes[2]));
    }

    [Fact]
    public void ABroadcastOperandKeepsTransposesApart()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(Transpose(g, "b", g.Binary("m", "Mul", Transpose(g, "a", g.Input(2, 3), 1, 0), g.Weights("k", 2)), 1, 0)),
            new CancelTransposes());
        Assert.Equal("Transpose Mul Transpose", graph.Kinds());
    }

    private static Value Transpose(Graph graph, string name, Value x, params int[] permutation) => graph.Add(name, new Transpose { Permutation = permutation }, [x]);

    private static int[] Permutation(Node node) => Assert.IsType<Transpose>(node.Operator).Permutation;
}
