using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class GraphFormTests
{
    private static readonly Transpose Swap = new() { Permutation = [1, 0] };

    [Fact]
    public void TheTextFormIsStable()
    {
        Graph graph = Chain();
        graph.AddOutput(graph.Add("k t", Swap, [graph.AddConstant("k", Tensor.From<float>(new Shape(1, 2), [0.5f, -1]))]));
        const string Expected = """
            graph test
            input x: f32[2,3]
            const k: f32[1,2] = [0.5,-1]
            a = Transpose(x){permutation=[1,0]} : f32[3,2]
            b = Transpose(a){permutation=[1,0]} : f32[2,3]
            'k t' = Transpose(k){permutation=[1,0]} : f32[2,1]
            output b
            output 'k t'

            """;
        Assert.Equal(Expected.ReplaceLineEndings("\n"), GraphPrinter.Print(graph));
    }

    [Fact]
    public void AValidGraphPasses() => GraphValidator.Validate(Chain());

    [Fact]
    public void AWrongTypeIsFound() => RequireRefused(g => g.Nodes[0].Outputs[0].Info = new TensorInfo(DataType.S32, new Shape(3, 2)), "stored as s32[3,2]");

    [Fact]
    public void EqualNamesAreFound() => RequireRefused(g => g.Nodes[0].Outputs[0].Name = "x", "two values are named 'x'");

    [Fact]
    public void AValueOfAnotherGraphIsFound() => RequireRefused(g => g.Nodes[1].SetInput(0, Chain().Nodes[0].Outputs[0]), "not computed before it");

    [Fact]
    public void MissingOutputsAreFound()
    {
        var graph = new Graph("test");
        graph.Add("a", Swap, [graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 3)))]);
        EdgeException exception = Assert.Throws<EdgeException>(() => GraphValidator.Validate(graph));
        Assert.Contains("no outputs", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AForeignOutputIsFound() => RequireRefused(g => g.AddOutput(Chain().Outputs[0]), "never computed");

    private static void RequireRefused(Action<Graph> damage, string message)
    {
        Graph graph = Chain();
        damage(graph);
        EdgeException exception = Assert.Throws<EdgeException>(() => GraphValidator.Validate(graph));
        Assert.Equal(EdgeError.InvalidGraph, exception.Error);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private static Graph Chain()
    {
        var graph = new Graph("test");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 3)));
        graph.AddOutput(graph.Add("b", Swap, [graph.Add("a", Swap, [x])]));
        return graph;
    }
}
