using Edge.Convert.Passes;
using Edge.Convert.Passes.Fold;
using Edge.Convert.Passes.Fuse;
using Edge.Convert.Passes.Layout;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class SplitBeforeConcatTests
{
    [Fact]
    public void NormalizationAndActivationGoIntoTheBranches()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Unary("r", "Relu", Norm(g, Branches(g, x => x)))), new SplitBeforeConcat(), new FoldBatchNorm(), new FuseActivation());
        Assert.Equal("Conv Conv Concat", graph.Kinds());
        Assert.Equal(("both", "r"), (graph.Nodes[2].Name, graph.Outputs[0].Name));
    }

    [Fact]
    public void ABranchThatCannotAbsorbItKeepsItBehind()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(Norm(g, Branches(g, x => g.Unary("e", "Exp", x)))), out PassLog log, new SplitBeforeConcat());
        Assert.Equal("Conv Conv Exp Concat BatchNorm", graph.Kinds());
        Assert.Contains("'e' is not computed by a Conv or Gemm", Assert.Single(log.Missed).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void AnActivatedBranchKeepsItBehind()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Unary("t", "Tanh", Branches(g, x => g.Unary("e", "Relu", x)))),
            new FuseActivation(),
            new SplitBeforeConcat());
        Assert.Equal("Conv Conv Concat Tanh", graph.Kinds());
    }

    [Fact]
    public void AConcatThatIsReadElsewhereStays()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value both = Branches(g, x => x);
                g.AddOutput(Norm(g, both));
                g.AddOutput(g.Unary("e", "Exp", both));
            },
            new SplitBeforeConcat());
        Assert.Equal("Conv Conv Concat BatchNorm Exp", graph.Kinds());
    }

    private static Value Branches(Graph graph, Func<Value, Value> second)
    {
        Value x = graph.Input(1, 3, 5, 5);
        Value a = graph.Conv("a", x, 4);
        return graph.Add("both", new Concat { Axis = 1 }, [a, second(graph.Conv("b", x, 2, kernel: 1, pad: 0))]);
    }

    private static Value Norm(Graph graph, Value x) =>
        graph.Add("n", new BatchNorm(), [x, graph.Weights("n.scale", 6), graph.Weights("n.bias", 6), graph.Weights("n.mean", 6), graph.Weights("n.variance", 6)]);
}
