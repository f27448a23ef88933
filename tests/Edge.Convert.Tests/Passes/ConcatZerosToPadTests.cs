using Edge.Convert.Passes.Layout;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class ConcatZerosToPadTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(-2)]
    public void ZerosAroundAValueAreAPad(int axis)
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Add("c", new Concat { Axis = axis }, [g.Const("before", 0, 2, 1, 5), g.Input(2, 3, 5), g.Const("behind", 0, 2, 4, 5)])),
            new ConcatZerosToPad());
        Assert.Equal([0, 1, 0, 0, 4, 0], Assert.IsType<Pad>(graph.Single().Operator).Pads!);
    }

    [Fact]
    public void OtherConstantsStay()
    {
        Assert.Equal("Concat", Kinds((g, x) => [x, g.Const("k", 1, 2, 3, 5)]));
        Assert.Equal("Concat", Kinds((g, x) => [x, g.Const("k", -0f, 2, 3, 5)]));
    }

    [Fact]
    public void TwoValuesStay() => Assert.Equal("Concat", Kinds((g, x) => [x, g.Const("k", 0, 2, 3, 5), x]));

    [Fact]
    public void OtherTypesStay()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Add("c", new Concat { Axis = 0 }, [g.Input("x", [3], DataType.S64), g.AddConstant("k", Tensor.FromVector(0L))])), new ConcatZerosToPad());
        Assert.Equal("Concat", graph.Kinds());
    }

    private static string Kinds(Func<Graph, Value, Value[]> inputs) =>
        PassCase.Run(g => g.AddOutput(g.Add("c", new Concat { Axis = 1 }, inputs(g, g.Input(2, 3, 5)))), new ConcatZerosToPad()).Kinds();
}
