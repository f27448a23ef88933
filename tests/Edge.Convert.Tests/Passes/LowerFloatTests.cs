using Edge.Convert.Passes;
using Edge.Convert.Passes.Lower;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Convert.Tests.Passes;

public class LowerFloatTests
{
    [Theory]
    [InlineData(DataType.F16)]
    [InlineData(DataType.F64)]
    public void ValuesInsideBecomeF32(DataType type)
    {
        Graph graph = Lower(g =>
        {
            Value x = g.Input("x", [2, 3], type);
            Value k = g.AddConstant("k", Constant(type, 1.5, -2, 0.25));
            g.AddOutput(g.Unary("y", "Relu", g.Binary("s", "Add", x, k)));
        }, out PassLog log);
        Assert.Equal("Cast Add Relu Cast", graph.Kinds());
        Assert.All(graph.Nodes.Take(3), n => Assert.Equal(DataType.F32, n.Outputs[0].Info.Type));
        Assert.Equal(new TensorInfo(type, new Shape(2, 3)), graph.Outputs[0].Info);
        Assert.Equal("y", graph.Outputs[0].Name);
        Assert.Equal(type == DataType.F64 ? 1 : 0, log.Notices.Count);
        Tensor output = Compute(graph, Constant(type, 1, 2, 3, -4, -5, -6).Reshape(new Shape(2, 3)));
        Assert.Equal([2.5, 0, 3.25, 0, 0, 0], output.ToDouble());
    }

    [Fact]
    public void CastsToTheTypeBecomeCastsToF32()
    {
        Graph graph = Lower(g => g.AddOutput(g.Unary("y", "Exp", g.Add("c", new Cast(DataType.F16), [g.Input("x", [2], DataType.S32)]))), out _);
        Assert.Equal("Cast Exp Cast", graph.Kinds());
        Assert.Equal([1.0, 1], Compute(graph, Tensor.FromVector(0, 0)).ToDouble());
    }

    [Fact]
    public void AnOutputListedTwiceIsCastOnce()
    {
        Graph graph = Lower(g =>
        {
            Value y = g.Unary("y", "Exp", g.Input("x", [2], DataType.F16));
            g.AddOutput(y);
            g.AddOutput(g.Unary("z", "Relu", y));
            g.AddOutput(y);
        }, out _);
        Assert.Equal("Cast Exp Relu Cast Cast", graph.Kinds());
        Assert.Equal(["y", "z", "y"], graph.Outputs.Select(o => o.Name));
    }

    [Fact]
    public void AnInputThatIsAlsoAnOutputStays()
    {
        Graph graph = Lower(g =>
        {
            Value x = g.Input("x", [2], DataType.F16);
            g.AddOutput(x);
            g.AddOutput(g.Unary("y", "Exp", x));
        }, out _);
        Assert.Equal(["x", "y"], graph.Outputs.Select(o => o.Name));
        Assert.All(graph.Outputs, o => Assert.Equal(DataType.F16, o.Info.Type));
    }

    [Fact]
    public void OtherGraphsAreLeftAlone()
    {
        Graph graph = Lower(g => g.AddOutput(g.Unary("y", "Exp", g.Input("x", [2]))), out PassLog log);
        Assert.Equal("Exp", graph.Kinds());
        Assert.Empty(log.Rewrites);
    }

    private static Graph Lower(Action<Graph> build, out PassLog log)
    {
        var graph = new Graph("test");
        build(graph);
        log = new PassPipeline([new LowerFloat16(), new LowerFloat64()], []).Run(graph);
        return graph;
    }

    private static Tensor Constant(DataType type, params double[] values) => type == DataType.F16
        ? Tensor.FromVector<Half>([.. values.Select(v => (Half)v)])
        : Tensor.FromVector<double>(values);

    private static Tensor Compute(Graph graph, Tensor input)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Default });
        return session.Run(input)[0];
    }
}
