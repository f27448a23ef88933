using Edge.Convert.Passes.Fuse;
using Edge.Kernels.Movement;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Passes;

public class FusePadTests
{
    private static readonly int[] Spatial = [0, 0, 1, 0, 0, 0, 0, 2];

    [Fact]
    public void ZerosGoIntoAConvolution()
    {
        Graph graph = PassCase.Run(g => g.AddOutput(g.Conv("c", Padded(g, 0, Spatial), 4)), new FusePad());
        Assert.Equal("Conv", graph.Kinds());
        Assert.Equal([2, 1, 1, 3], Assert.IsType<Conv>(graph.Single().Operator).Pads);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void OtherValuesAndAxesStay(float value, int channels)
    {
        int[] pads = [0, channels, 1, 0, 0, 0, 0, 2];
        Assert.Equal("Pad Conv", PassCase.Run(g => g.AddOutput(g.Conv("c", Padded(g, value, pads), 4)), new FusePad()).Kinds());
    }

    [Fact]
    public void CroppingStays() =>
        Assert.Equal("Pad Conv", PassCase.Run(g => g.AddOutput(g.Conv("c", Padded(g, 0, [0, 0, -1, 0, 0, 0, 0, 2]), 4)), new FusePad()).Kinds());

    [Fact]
    public void ReflectionStays()
    {
        Graph graph = PassCase.Run(
            g => g.AddOutput(g.Conv("c", g.Add("p", new Pad { Pads = Spatial, Mode = PadMode.Reflect }, [g.Input(1, 3, 6, 6)]), 4)),
            new FusePad());
        Assert.Equal("Pad Conv", graph.Kinds());
    }

    [Fact]
    public void APadThatIsReadElsewhereStaysForTheOthers()
    {
        Graph graph = PassCase.Run(
            g =>
            {
                Value padded = Padded(g, 0, Spatial);
                g.AddOutput(g.Conv("c", padded, 4));
                g.AddOutput(g.Unary("e", "Exp", padded));
            },
            new FusePad());
        Assert.Equal("Pad Conv Exp", graph.Kinds());
        Assert.Equal("x", graph.Nodes[1].Inputs[0]!.Name);
    }

    [Theory]
    [InlineData(float.NegativeInfinity, 3, false, "MaxPool")]
    [InlineData(0f, 3, false, "Pad MaxPool")]
    [InlineData(float.NegativeInfinity, 2, false, "Pad MaxPool")]
    [InlineData(float.NegativeInfinity, 3, true, "Pad MaxPool")]
    public void MinusInfinityGoesIntoMaxPool(float value, int kernel, bool ceil, string kinds)
    {
        var pool = new MaxPool { Kernel = [kernel, kernel], Strides = [2, 2], Pads = [0, 0, 0, 0], Dilations = [1, 1], CeilMode = ceil };
        Assert.Equal(kinds, PassCase.Run(g => g.AddOutput(g.Add("m", pool, [Padded(g, value, Spatial)])), new FusePad()).Kinds());
    }

    [Theory]
    [InlineData(0, false, "AveragePool")]
    [InlineData(0, true, "AveragePool")]
    [InlineData(1, true, "Pad AveragePool")]
    public void ZerosGoIntoAveragePool(float value, bool padded, string kinds)
    {
        int own = padded ? 1 : 0;
        var pool = new AveragePool { Kernel = [4, 4], Strides = [1, 2], Pads = [0, own, 0, own], Dilations = [1, 1], CountIncludePad = padded };
        Assert.Equal(kinds, PassCase.Run(g => g.AddOutput(g.Add("m", pool, [Padded(g, value, Spatial)])), new FusePad()).Kinds());
    }

    [Fact]
    public void AnAveragePoolThatDoesNotCountItsOwnPaddingStays()
    {
        var pool = new AveragePool { Kernel = [4, 4], Strides = [1, 2], Pads = [0, 1, 0, 1], Dilations = [1, 1] };
        Assert.Equal("Pad AveragePool", PassCase.Run(g => g.AddOutput(g.Add("m", pool, [Padded(g, 0, Spatial)])), new FusePad()).Kinds());
    }

    private static Value Padded(Graph graph, float value, int[] pads) => graph.Add("p", new Pad { Pads = pads, Value = value }, [graph.Input(1, 3, 6, 6)]);
}
