using Edge.Convert.Passes;
using Edge.Convert.Passes.Fuse;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

/// <summary>Functions that models spell with several operators.</summary>
public class FusePatternTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void XTimesSigmoidIsSilu(bool swapped) =>
        Assert.Equal("Silu", Kinds(new FuseSilu(), (g, x) => swapped ? g.Binary("y", "Mul", g.Unary("s", "Sigmoid", x), x) : g.Binary("y", "Mul", x, g.Unary("s", "Sigmoid", x))));

    [Fact]
    public void XTimesHardSigmoidIsHardSwish() =>
        Assert.Equal("HardSwish", Kinds(new FuseSilu(), (g, x) => g.Binary("y", "Mul", x, g.Add("s", new Unary("HardSigmoid") { Alpha = 1f / 6, Beta = 0.5f }, [x]))));

    [Fact]
    public void OtherHardSigmoidsAreKept() =>
        Assert.Equal("HardSigmoid Mul", Kinds(new FuseSilu(), (g, x) => g.Binary("y", "Mul", x, g.Add("s", new Unary("HardSigmoid") { Alpha = 0.2f, Beta = 0.5f }, [x]))));

    [Fact]
    public void TheGateOfAnotherValueIsKept() =>
        Assert.Equal("Exp Sigmoid Mul", Kinds(new FuseSilu(), (g, x) => g.Binary("y", "Mul", x, g.Unary("s", "Sigmoid", g.Unary("e", "Exp", x)))));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void HardSwishInWordsIsRecognized(int form)
    {
        string kinds = Kinds(new FuseHardSwish(), (g, x) =>
        {
            Value ramp = g.Clip("c", g.Binary("a", "Add", x, g.Const("three", 3)), 0, 6);
            Value six = g.Const("six", 6, 1);
            return form switch
            {
                0 => g.Binary("d", "Div", g.Binary("m", "Mul", x, ramp), six),
                1 => g.Binary("d", "Div", g.Binary("m", "Mul", ramp, x), six),
                2 => g.Binary("m", "Mul", x, g.Binary("d", "Div", ramp, six)),
                _ => g.Binary("d", "Mul", g.Const("sixth", 1f / 6), g.Binary("m", "Mul", ramp, x)),
            };
        }, new FuseSilu());
        Assert.Equal("HardSwish", kinds);
    }

    [Fact]
    public void OtherRampsAreKept() => Assert.Equal(
        "Add Clip Mul Div",
        Kinds(new FuseHardSwish(), (g, x) => g.Binary("d", "Div", g.Binary("m", "Mul", x, g.Clip("c", g.Binary("a", "Add", x, g.Const("three", 2)), 0, 6)), g.Const("six", 6))));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void GeluInWordsIsRecognized(int form)
    {
        string kinds = Kinds(new FuseGelu(), (g, x) =>
        {
            Value scaled = form == 1 ? g.Binary("q", "Mul", x, g.Const("h", MathF.Sqrt(0.5f))) : g.Binary("q", "Div", x, g.Const("h", MathF.Sqrt(2)));
            Value gate = g.Binary("p", "Add", g.Unary("e", "Erf", scaled), g.Const("one", 1));
            Value half = g.Const("half", 0.5f);
            return form switch
            {
                0 => g.Binary("y", "Mul", g.Binary("m", "Mul", x, gate), half),
                1 => g.Binary("y", "Mul", g.Binary("m", "Mul", x, half), gate),
                _ => g.Binary("y", "Mul", x, g.Binary("m", "Mul", gate, half)),
            };
        });
        Assert.Equal("Gelu", kinds);
    }

    [Fact]
    public void AMatrixProductAndItsBiasAreAGemm()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Binary("y", "Add", g.Weights("b", 4), g.Add("m", new MatMul(), [g.Input(2, 3), g.Weights("w", 3, 4)]))),
            new FuseGemmBias());
        Assert.Equal("Gemm", graph.Kinds());
        Assert.Equal("b", graph.Nodes[0].Inputs[2]!.Name);
    }

    [Fact]
    public void ProductsOfComputedMatricesAndBatchesAreKept()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                g.AddOutput(g.Add("m", new MatMul(), [g.Input("a", [2, 3]), g.Input("b", [3, 4])]));
                g.AddOutput(g.Add("n", new MatMul(), [g.Input("c", [2, 2, 3]), g.Weights("w", 3, 4)]));
            },
            new FuseGemmBias());
        Assert.Equal("MatMul MatMul", graph.Kinds());
    }

    private static string Kinds(IPass pass, Func<Graph, Value, Value> build, params IPass[] others) =>
        PassCase.Run(g => g.AddOutput(build(g, g.Input(2, 3, 5))), [pass, .. others]).Kinds();
}
