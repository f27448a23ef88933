using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Runtime.Tests.Execution;

/// <summary>Products that are quantized in the run, as nodes of a graph: the same bits whatever the rows, layouts and threads.</summary>
public class DynamicModelTests
{
    private static readonly Activation Relu = new(ActivationKind.Relu);

    [Theory]
    [InlineData(3, 16)]
    [InlineData(11, 13)]
    [InlineData(1, 40)]
    public void TheBitsAreTheSameEverywhere(int channels, int width)
    {
        Graph graph = EdgeReader.Read(EdgeWriter.WriteToArray(new ModelFile { Graph = Model(channels, width) })).Graph;
        Tensor[] inputs = [RandomTensor.F32(graph.Inputs[0].Info.KnownShape, 1)];
        using var naive = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        Tensor[] expected = naive.Run(inputs);
        foreach (CpuFeatures mask in new[] { CpuFeatures.None, CpuFeatures.Avx2, CpuFeatures.Avx512Vnni | CpuFeatures.AvxVnni, CpuFeatures.NeonDot, ~CpuFeatures.None })
        {
            foreach (int threads in new[] { 1, 3 })
            {
                using var session = new InferenceSession(graph, new SessionOptions { Threads = threads, Kernels = new KernelQuery(Cpu.Features & ~mask) });
                Tensor[] actual = session.Run(inputs);
                Assert.All(actual.Zip(expected), p => Assert.True(p.First.ByteSpan().SequenceEqual(p.Second.ByteSpan()), $"without {mask}, {threads} threads"));
            }
        }
    }

    [Fact]
    public void BlocksGoFromOneToTheNext()
    {
        Assert.SkipUnless((Cpu.Features & (CpuFeatures.Avx2 | CpuFeatures.Neon)) != 0, "this processor has naive rows only");
        using var session = new InferenceSession(Model(3, 16), new SessionOptions { Threads = 1 });
        var kinds = session.Plan.Steps.Where(s => !KernelRows.IsReference(s.RowName)).Select(s => s.Node.Operator.Kind).ToList();
        Assert.Equal(5, kinds.Count(k => k == DynamicConv.Name));
        // Behind the last convolution alone.
        Assert.Equal(kinds.LastIndexOf("MaxPool") + 1, kinds.IndexOf("Reorder"));
    }

    [Fact]
    public void RunsDoNotAllocate()
    {
        Graph graph = Model(3, 16, outputs: 1);
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        float[] input = RandomTensor.F32(graph.Inputs[0].Info.KnownShape, 1).ToArray<float>();
        var output = new float[graph.Outputs[0].Info.KnownShape.Count];
        session.Run(input, output);
        Assert.Equal(0, Allocated.OnThread(() => session.Run(input, output), times: 10));
    }

    [Theory]
    [InlineData(EdgeError.ShapeMismatch, 5, 5, 5, 1f)]
    [InlineData(EdgeError.ShapeMismatch, 6, 4, 5, 1f)]
    [InlineData(EdgeError.ShapeMismatch, 6, 5, 4, 1f)]
    [InlineData(EdgeError.BadValue, 6, 5, 5, -1f)]
    [InlineData(EdgeError.BadValue, 6, 5, 5, float.NaN)]
    [InlineData(EdgeError.BadValue, 6, 5, 5, float.PositiveInfinity)]
    public void OperandsHaveToFit(EdgeError error, int columns, int scales, int biases, float scale)
    {
        var graph = new Graph("test");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 6)));
        Value[] constants =
        [
            graph.AddConstant("w", Tensor.Allocate(DataType.S8, new Shape(5, columns))),
            graph.AddConstant("s", Tensor.FromVector<float>([.. Enumerable.Repeat(scale, scales)])),
            graph.AddConstant("b", Tensor.Allocate(DataType.F32, new Shape(biases))),
        ];
        Assert.Equal(error, Assert.Throws<EdgeException>(() => graph.Add("y", DynamicConv.Product(), [x, .. constants])).Error);
    }

    [Theory]
    [InlineData(ActivationKind.Silu, 0, 0)]
    [InlineData(ActivationKind.Clip, 2, 1)]
    [InlineData(ActivationKind.Clip, float.NaN, 1)]
    public void OnlyLimitsAreRead(ActivationKind kind, float alpha, float beta)
    {
        var graph = new Graph("test");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 6)));
        graph.AddOutput(Product(graph, "y", x, 4, new Activation(kind, alpha, beta)));
        byte[] file = EdgeWriter.WriteToArray(new ModelFile { Graph = graph });
        Assert.Contains("expected none, Relu, or Clip", Assert.Throws<EdgeException>(() => EdgeReader.Read(file)).Message, StringComparison.Ordinal);
    }

    /// <summary>Convolutions of odd sizes, one in groups, in 3-D tensors and in 4-D ones; then products of two and of three axes.</summary>
    private static Graph Model(int channels, int width, int outputs = 2)
    {
        var graph = new Graph("dynamic");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, channels, width, width + 3)));
        x = Convolve(graph, "stem", x, 20, 3, 1, new Activation(ActivationKind.Clip, 0, 6));
        x = Convolve(graph, "b", x, 48, 3, 2, default);
        Value c = Convolve(graph, "c", x, 32, 1, 1, Relu, group: 2);
        x = graph.Add("pool", new MaxPool { Kernel = [2, 2], Strides = [2, 2], Pads = [0, 0, 0, 0], Dilations = [1, 1] }, [c]);
        Value signal = graph.Add("signal", new Reshape { Dims = [2, 32, -1] }, [x]);
        graph.AddOutput(Product(graph, "fc", graph.Add("flat", new Flatten { Axis = 1 }, [x]), 10, default));
        if (outputs > 1)
        {
            graph.AddOutput(Product(graph, "tokens", signal, 33, Relu));
        }
        return graph;
    }

    private static Value Convolve(Graph graph, string name, Value x, int channels, int kernel, int stride, Activation activation, int group = 1)
    {
        int pad = kernel / 2;
        var op = new DynamicConv { Strides = [stride, stride], Pads = [pad, pad, pad, pad], Dilations = [1, 1], Group = group, Activation = activation };
        return graph.Add(name, op, [x, .. Constants(graph, name, new Shape(channels, x.Info.KnownShape[1] / group, kernel, kernel))]);
    }

    private static Value Product(Graph graph, string name, Value x, int columns, Activation activation) =>
        graph.Add(name, DynamicConv.Product(activation), [x, .. Constants(graph, name, new Shape(columns, x.Info.KnownShape[^1]))]);

    private static Value[] Constants(Graph graph, string name, Shape shape)
    {
        var random = new Random(shape[0]);
        Tensor weights = Tensor.Allocate(DataType.S8, shape);
        foreach (ref sbyte value in weights.Span<sbyte>())
        {
            value = (sbyte)random.Next(-127, 128);
        }
        return
        [
            graph.AddConstant($"{name} w", weights),
            graph.AddConstant($"{name} s", Tensor.FromVector<float>([.. Enumerable.Range(0, shape[0]).Select(_ => random.NextSingle() * 0.01f)])),
            graph.AddConstant($"{name} b", Tensor.FromVector<float>([.. Enumerable.Range(0, shape[0]).Select(_ => random.NextSingle() - 0.5f)])),
        ];
    }
}
