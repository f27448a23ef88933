using Edge.Convert.Passes;
using Edge.Convert.Passes.Cleanup;
using Edge.Convert.Passes.Fold;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Convert.Tests.Passes;

public class PipelineTests
{
    private static readonly Transpose Swap = new() { Permutation = [1, 0] };

    [Fact]
    public void ANodeThatNobodyReadsIsRemoved()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value x = g.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 3)));
                Value a = g.Add("a", Swap, [x]);
                g.Add("dead", Swap, [g.Add("alsoDead", Swap, [a])]);
                g.AddOutput(a);
            },
            new EliminateDeadNodes());
        Assert.Equal("a", graph.Single().Name);
    }

    [Fact]
    public void ConstantInputsAreComputedAtConversion()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value c = g.AddConstant("c", RandomTensor.F32(new Shape(2, 3), 1));
                g.AddInput("x", new TensorInfo(DataType.F32, new Shape(1)));
                g.AddOutput(g.Add("b", Swap, [g.Add("a", Swap, [c])]));
            },
            new FoldConstants());
        Assert.Empty(graph.Nodes);
        Assert.True(graph.Outputs[0].IsConstant);
        Assert.Equal("b", graph.Outputs[0].Name);
    }

    [Fact]
    public void EqualNamesAreToldApart()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value x = g.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 3)));
                g.AddOutput(g.Add("y", Swap, [g.Add("y", Swap, [g.Add("x", Swap, [x])])]));
            });
        Assert.Equal(["x~2", "y~2", "y"], graph.Nodes.Select(n => n.Outputs[0].Name));
        Assert.Equal(["x", "y", "y~2"], graph.Nodes.Select(n => n.Name));
    }

    [Fact]
    public void APassThatBreaksTheGraphIsNamed()
    {
        var graph = new Graph("test");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 3)));
        graph.AddOutput(graph.Add("a", Swap, [x]));
        EdgeException exception = Assert.Throws<EdgeException>(() => new PassPipeline([new WrongShape()], []).Run(graph));
        Assert.Equal(EdgeError.InvalidGraph, exception.Error);
        Assert.Contains("WrongShape", exception.Message, StringComparison.Ordinal);
        Assert.Equal("Transpose 'a'", exception.Place);
    }

    [Fact]
    public void PassesThatUndoEachOtherAreStopped()
    {
        var graph = new Graph("test");
        graph.AddOutput(graph.Add("a", Swap, [graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 3)))]));
        PassLog log = new PassPipeline([], [new Restless()]).Run(graph);
        Assert.Contains("rounds", Assert.Single(log.Notices).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLogCountsRewritesPerPass()
    {
        PassCase.Run(
            g =>
            {
                Value x = g.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 3)));
                g.Add("dead", Swap, [x]);
                g.AddOutput(g.Add("a", Swap, [x]));
            },
            out PassLog log,
            new EliminateDeadNodes(),
            new FoldConstants());
        Assert.Equal([("EliminateDeadNodes", 1)], log.Counts);
        Assert.Equal("Transpose 'dead' is never read", Assert.Single(log.Rewrites).Text);
    }

    [Fact]
    public void ASpelledOutHardSwishGoesIntoTheConvolutionBeforeIt()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value c = g.Conv("c", g.Input(1, 3, 5, 5), 4);
                Value ramp = g.Clip("ramp", g.Binary("a", "Add", c, g.Const("three", 3)), 0, 6);
                Value swish = g.Binary("d", "Div", g.Binary("m", "Mul", c, ramp), g.Const("six", 6));
                g.AddOutput(g.Conv("last", swish, 2));
            },
            [.. PassPipeline.Default.Passes]);
        Assert.Equal("Conv Conv", graph.Kinds());
    }

    [Fact]
    public void AResidualBlockBecomesTwoConvolutions()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value x = g.Input(1, 4, 6, 6);
                Value a = g.Unary("r1", "Relu", Norm(g, "n1", g.Conv("c1", x, 4, bias: false)));
                Value b = Norm(g, "n2", g.Conv("c2", g.Add("i", new Identity(), [a]), 4, bias: false));
                g.AddOutput(g.Unary("y", "Relu", g.Binary("s", "Add", b, x)));
            },
            [.. PassPipeline.Default.Passes]);
        Assert.Equal("Conv Conv", graph.Kinds());
        Assert.Equal("x", graph.Nodes[1].Inputs[3]!.Name);
    }

    private static Value Norm(Graph graph, string name, Value x) => graph.Add(
        name, new BatchNorm(), [x, graph.Weights($"{name}.s", 4), graph.Weights($"{name}.b", 4), graph.Weights($"{name}.m", 4), graph.Weights($"{name}.v", 4)]);

    private sealed class WrongShape : IPass
    {
        public string Name => nameof(WrongShape);

        public int Run(Graph graph, PassLog log)
        {
            graph.Nodes[0].Outputs[0].Info = new TensorInfo(DataType.F32, new Shape(7));
            return 1;
        }
    }

    private sealed class Restless : IPass
    {
        public string Name => nameof(Restless);

        public int Run(Graph graph, PassLog log)
        {
            log.Rewrote("nothing");
            return 1;
        }
    }
}
