using Edge.Kernels.Dispatch;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Movement;
using Edge.Kernels.Resize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Testing;

namespace Edge.Runtime.Tests.Planning;

/// <summary>
/// What stands between convolutions works on blocks of channels: each operator is put between two convolutions, the results are
/// those of the naive rows, and nothing is reordered on the way.
/// </summary>
public class LayoutTests
{
    /// <summary>Name, number of channels of the feature map, and what is made of it.</summary>
    private static readonly (string Name, Func<Graph, Value, Value> Build)[] InBlocks =
    [
        ("maxpool", (g, x) => g.Add("p", new MaxPool { Kernel = [3, 3], Strides = [2, 2], Pads = [1, 1, 1, 1], Dilations = [1, 1] }, [x])),
        ("averagepool", (g, x) => g.Add("p", new AveragePool { Kernel = [2, 3], Strides = [1, 2], Pads = [0, 1, 1, 0], Dilations = [1, 1], CeilMode = true }, [x])),
        ("lppool", (g, x) => g.Add("p", new LpPool { Kernel = [2, 2], Strides = [2, 2], Pads = [0, 0, 0, 0], Dilations = [1, 1] }, [x])),
        ("relu", (g, x) => g.Add("u", new Unary("Relu"), [x])),
        ("gelu", (g, x) => g.Add("u", new Unary("Gelu"), [x])),
        ("add", (g, x) => g.Add("b", new Binary("Add") { Activation = new Activation(ActivationKind.Relu) }, [x, Conv(g, "other", x, x.Info.KnownShape[1])])),
        ("gate", (g, x) => g.Add("b", new Binary("Mul"), [x, g.Add("s", new Unary("Sigmoid"), [g.Add("m", new GlobalAveragePool(), [x])])])),
        ("gate before", (g, x) => g.Add("b", new Binary("Sub"), [g.Add("m", new GlobalMaxPool(), [x]), x])),
        ("constants", (g, x) => g.Add("b", new Binary("Div"), [x, Weights(g, "k", x.Info.KnownShape[1], 1, 1)])),
        ("constant", (g, x) => g.Add("b", new Binary("Max"), [g.AddConstant("k", Tensor.FromVector(0.25f)), x])),
        ("prelu", (g, x) => g.Add("b", new Binary("PRelu"), [x, Weights(g, "k", 1, x.Info.KnownShape[1], 1, 1)])),
        ("concat", (g, x) => g.Add("c", new Concat { Axis = 1 }, [x, Conv(g, "a", x, 5), Conv(g, "b", x, 16)])),
        ("concat rows", (g, x) => g.Add("c", new Concat { Axis = 2 }, [x, Conv(g, "a", x, x.Info.KnownShape[1])])),
        ("split", (g, x) => Sum(g, [.. g.AddNode("s", new Split { Axis = 1, Sizes = [x.Info.KnownShape[1] / 2, x.Info.KnownShape[1] - (x.Info.KnownShape[1] / 2)] }, [x], ["s0", "s1"]).Outputs])),
        ("slice", (g, x) => g.Add("s", new Slice { Starts = [1], Ends = [99], Axes = [1] }, [x])),
        ("slice back", (g, x) => g.Add("s", new Slice { Starts = [-1], Ends = [-99], Axes = [1], Steps = [-2] }, [x])),
        ("crop", (g, x) => g.Add("s", new Slice { Starts = [1, 2], Ends = [-1, 99], Axes = [2, 3], Steps = [1, 3] }, [x])),
        ("shuffle", (g, x) => g.Add("s", new ChannelShuffle { Groups = 2 }, [x, Conv(g, "a", x, 4 + (x.Info.KnownShape[1] % 2))])),
        ("batchnorm", (g, x) => g.Add("n", new BatchNorm { Activation = new Activation(ActivationKind.Relu) }, [x, .. Enumerable.Range(0, 4).Select(i => Weights(g, $"n{i}", x.Info.KnownShape[1]))])),
        ("lrn", (g, x) => g.Add("n", new LocalResponseNorm { Size = 5, Alpha = 0.5f }, [x])),
        ("pad", (g, x) => g.Add("p", new Pad { Pads = [0, 0, 1, 2, 0, 0, 3, -1], Value = 0.5f }, [x])),
        ("reflect", (g, x) => g.Add("p", new Pad { Pads = [0, 0, 1, 2, 0, 0, 3, 1], Mode = PadMode.Reflect }, [x])),
        ("pad channels", (g, x) => g.Add("p", new Pad { Pads = [0, 3, 0, 0, 0, 6, 0, 0] }, [x])),
        ("upsample", (g, x) => g.Add("r", new Resize(), [x, null, g.AddConstant("k", Tensor.FromVector(1f, 1f, 2f, 2f))])),
        ("upsample to", (g, x) => g.Add("r", new Resize { Axes = [2, 3] }, [x, null, null, g.AddConstant("k", Tensor.FromVector(13L, 14L))])),
        ("bilinear", (g, x) => g.Add("r", new Resize { Rule = new ResizeRule { Mode = ResizeMode.Linear } }, [x, null, g.AddConstant("k", Tensor.FromVector(1f, 1f, 1.7f, 3f))])),
    ];

    /// <summary>What has no kernel for blocks, or none for these operands: right all the same.</summary>
    private static readonly (string Name, Func<Graph, Value, Value> Build)[] Planar =
    [
        ("pow", (g, x) => g.Add("b", new Binary("Pow"), [x, g.AddConstant("k", Tensor.FromVector(2f))])),
        ("map", (g, x) => g.Add("b", new Binary("Add"), [x, Weights(g, "k", x.Info.KnownShape.ToArray())])),
        ("row", (g, x) => g.Add("b", new Binary("Add"), [x, Weights(g, "k", x.Info.KnownShape[3])])),
        ("joined constant", (g, x) => g.Add("c", new Concat { Axis = 1 }, [x, Weights(g, "k", x.Info.KnownShape.With(1, 3).ToArray())])),
        ("transpose", (g, x) => g.Add("t", new Transpose { Permutation = [0, 1, 3, 2] }, [x])),
        ("softmax", (g, x) => g.Add("s", new Softmax { Axis = 1 }, [x])),
        ("channels and rows", (g, x) => g.Add("p", new Pad { Pads = [0, 1, 1, 0, 0, 0, 0, 0] }, [x])),
        ("ones", (g, x) => g.Add("p", new Pad { Pads = [0, 1, 0, 0, 0, 0, 0, 0], Value = 1 }, [x])),
        ("part", (g, x) => g.Add("s", new Slice { Starts = [1, 1], Ends = [99, 99], Axes = [1, 2] }, [x])),
        ("maxout", (g, x) => g.Add("m", new ChannelMaxPool { GroupSize = x.Info.KnownShape[1] }, [x])),
    ];

    public static TheoryData<string, int> Cases =>
        [.. InBlocks.Concat(Planar).SelectMany(c => new[] { 8, 17 }.Select(channels => new TheoryDataRow<string, int>(c.Name, channels)))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void LayoutsDoNotChangeResults(string name, int channels)
    {
        Graph graph = Build(InBlocks.Concat(Planar).Single(c => c.Name == name).Build, channels);
        Tensor[] inputs = [RandomTensor.F32(graph.Inputs[0].Info.KnownShape, 1)];
        using var naive = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        Tensor expected = naive.Run(inputs)[0];
        foreach (CpuFeatures features in new[] { Cpu.Features, Cpu.Features & CpuFeatures.Simd128 })
        {
            byte[]? single = null;
            foreach (int threads in new[] { 1, 2 })
            {
                using var session = new InferenceSession(graph, new SessionOptions { Threads = threads, Kernels = new KernelQuery(features) });
                session.Run(inputs);
                Tensor actual = session.Run(inputs)[0];
                Assert.True(Close.RelativeError(actual.Span<float>(), expected.Span<float>()) < 1e-5, name);
                single ??= actual.ByteSpan().ToArray();
                Assert.True(actual.ByteSpan().SequenceEqual(single), $"{name}: depends on the number of threads");
            }
        }
    }

    [Fact]
    public void NothingIsReorderedBetweenConvolutions()
    {
        Assert.SkipUnless(Cpu.Features.HasFlag(CpuFeatures.Simd128), "without vectors everything is planar");
        foreach ((string name, Func<Graph, Value, Value> build) in InBlocks)
        {
            foreach (int channels in new[] { 8, 17 })
            {
                using var session = new InferenceSession(Build(build, channels), new SessionOptions { Threads = 1 });
                string[] reorders = [.. session.Plan.Steps.Where(s => s.Node.Operator.Kind == "Reorder").Select(s => s.Node.Name)];
                Assert.True(reorders.SequenceEqual(["x blocked", "y planar"]), $"{name}: {string.Join(", ", reorders)}");
                Assert.DoesNotContain(session.Plan.Steps, s => s.RowName.EndsWith("_ref", StringComparison.Ordinal));
            }
        }
    }

    private static Graph Build(Func<Graph, Value, Value> build, int channels)
    {
        var graph = new Graph("layouts");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(2, 8, 9, 7)));
        Value between = build(graph, Conv(graph, "first", x, channels));
        graph.AddOutput(Conv(graph, "y", between, 8));
        return graph;
    }

    private static Value Conv(Graph graph, string name, Value x, int channels)
    {
        var op = new Conv { Strides = [1, 1], Pads = [1, 1, 1, 1], Dilations = [1, 1] };
        return graph.Add(name, op, [x, Weights(graph, $"{name}.w", channels, x.Info.KnownShape[1], 3, 3)]);
    }

    private static Value Weights(Graph graph, string name, params int[] dims) =>
        graph.AddConstant(name, RandomTensor.F32(new Shape(dims), name.Sum(c => c), 0.25f, 1.5f));

    /// <summary>The parts, which differ in size, each through a convolution to one size.</summary>
    private static Value Sum(Graph graph, Value[] parts) => graph.Add("sum", new Binary("Add"), [.. parts.Select((p, i) => Conv(graph, $"part{i}", p, 9))]);
}
