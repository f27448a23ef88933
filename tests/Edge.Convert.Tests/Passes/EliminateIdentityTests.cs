using Edge.Convert.Passes.Cleanup;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class EliminateIdentityTests
{
    [Fact]
    public void AnIdentityInTheMiddleDisappears() =>
        Assert.Equal("Exp Relu", Kinds((g, x) => g.Unary("r", "Relu", g.Add("i", new Identity(), [g.Unary("e", "Exp", x)]))));

    [Fact]
    public void TheProducerTakesTheNameOfAGraphOutput()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Add("i", new Identity(), [g.Unary("e", "Exp", g.Input(2, 3))])), new EliminateIdentity());
        Assert.Equal("Exp", graph.Kinds());
        Assert.Equal("i", graph.Outputs[0].Name);
    }

    [Fact]
    public void ACopyOfAnInputToAnOutputStays() => Assert.Equal("Identity", Kinds((g, x) => g.Add("i", new Identity(), [x])));

    [Fact]
    public void AnotherNameForAnOutputStays()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value e = g.Unary("e", "Exp", g.Input(2, 3));
                g.AddOutput(e);
                g.AddOutput(g.Add("t", new Transpose { Permutation = [0, 1] }, [e]));
            },
            new EliminateIdentity());
        Assert.Equal("Exp Identity", graph.Kinds());
    }

    [Fact]
    public void OperatorsThatChangeNothingDisappear()
    {
        Assert.Equal("Exp", Kinds((g, x) => g.Add("c", new Cast(DataType.F32), [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp", Kinds((g, x) => g.Add("t", new Transpose { Permutation = [0, 1] }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp", Kinds((g, x) => g.Add("r", new Reshape { Dims = [2, -1] }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp", Kinds((g, x) => g.Add("s", new Slice { Starts = [0], Ends = [9] }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp", Kinds((g, x) => g.Add("c", new Concat { Axis = 1 }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp", Kinds((g, x) => g.Add("p", new Pad { Pads = [0, 0, 0, 0] }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp", Kinds((g, x) => g.Add("t", new Tile { Repeats = [1, 1] }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp", Kinds((g, x) => g.Binary("m", "Mul", g.Const("k", 1, 3), g.Unary("e", "Exp", x))));
        Assert.Equal("Exp", Kinds((g, x) => g.Binary("m", "Sub", g.Unary("e", "Exp", x), g.Const("k", 0, 3))));
    }

    [Fact]
    public void OperatorsThatChangeSomethingStay()
    {
        Assert.Equal("Exp Cast", Kinds((g, x) => g.Add("c", new Cast(DataType.S32), [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp Transpose", Kinds((g, x) => g.Add("t", new Transpose { Permutation = [1, 0] }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp Slice", Kinds((g, x) => g.Add("s", new Slice { Starts = [-1], Ends = [-9], Steps = [-1] }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp Reshape", Kinds((g, x) => g.Add("r", new Reshape { Dims = [3, 2] }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp Pad", Kinds((g, x) => g.Add("p", new Pad { Pads = [0, 1, 0, -1] }, [g.Unary("e", "Exp", x)])));
        Assert.Equal("Exp Sub", Kinds((g, x) => g.Binary("m", "Sub", g.Const("k", 0, 3), g.Unary("e", "Exp", x))));
        Assert.Equal("Exp Mul", Kinds((g, x) => g.Binary("m", "Mul", g.Const("k", 1, 4, 2, 3), g.Unary("e", "Exp", x))));
    }

    [Fact]
    public void PoolingOverSingleElementsDisappears()
    {
        Assert.Equal("Exp", Pooled((1, 1, 0)));
        Assert.Equal("Exp AveragePool", Pooled((2, 1, 0)));
        Assert.Equal("Exp AveragePool", Pooled((1, 2, 0)));
        Assert.Equal("Exp AveragePool", Pooled((1, 1, 1)));
    }

    private static string Pooled((int Kernel, int Stride, int Pad) window) => PassCase.Run(
        g => g.AddOutput(g.Add(
            "p",
            new AveragePool { Kernel = [window.Kernel], Strides = [window.Stride], Pads = [window.Pad, window.Pad], Dilations = [1], CountIncludePad = true },
            [g.Unary("e", "Exp", g.Input(1, 2, 3))])),
        new EliminateIdentity()).Kinds();

    private static string Kinds(Func<Graph, Value, Value> build) => PassCase.Run(g => g.AddOutput(build(g, g.Input(2, 3))), new EliminateIdentity()).Kinds();
}
