using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;
using Edge.Runtime.Tests.Devices;
using Edge.Runtime.Training;
using Edge.Testing;

namespace Edge.Runtime.Tests.Operators;

/// <summary>Operators in integers where some values have 16 bits: rules of types and bounds, and whole graphs.</summary>
public class QuantOperatorTests
{
    [Fact]
    public void ResultsKeepTheirTypeInFiles()
    {
        QuantResult[] results = [new(0.5f, -3, -100, 99), QuantResult.Words(0.25f), QuantResult.Words(0.25f, -32767, 1), new(1, 0, -128, 127, DataType.S16)];
        foreach (QuantResult result in results)
        {
            var writer = new AttributeWriter();
            result.Write(writer);
            Assert.Equal(result.Type == DataType.S16, writer.Attributes.Any(a => a.Name == "y_type"));
            Assert.Equal(result, QuantResult.Read(new AttributeReader(writer.Attributes)));
        }
    }

    [Theory]
    [InlineData("y_type", (long)DataType.F32, "y_type is f32")]
    [InlineData("y_type", 99, "y_type is 99")]
    [InlineData("y_zero", 1, "y_zero is 1")]
    [InlineData("y_low", -32769, "y_low is -32769")]
    [InlineData("y_high", 32768, "y_high is 32768")]
    public void ResultsOutsideTheirTypeAreRefused(string name, long value, string message)
    {
        StoredAttribute[] attributes = name == "y_type" ? [new(name, value)] : [new("y_type", (long)DataType.S16), new(name, value)];
        var thrown = Assert.Throws<EdgeException>(() => QuantResult.Read(new AttributeReader(attributes)));
        Assert.Equal(EdgeError.BadAttribute, thrown.Error);
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OperandsThatBreakARuleAreRefused()
    {
        QuantResult words = QuantResult.Words(1), bytes = new(1, 0);
        Refuses(EdgeError.BadAttribute, Conv(words) with { XZero = 1 }, Image(DataType.S16), Weights(), Bias(), Bias());
        Refuses(EdgeError.TypeMismatch, Conv(words), Image(DataType.U8), Weights(), Bias(), Bias());
        Refuses(EdgeError.TypeMismatch, Conv(words), Image(DataType.S16), Tensor.Allocate(DataType.S16, new Shape(3, 2, 1, 1)), Bias(), Bias());
        Refuses(EdgeError.BadAttribute, Add(bytes) with { AMultiplier = 32768 }, Image(DataType.S8), Image(DataType.S8));
        Refuses(EdgeError.TypeMismatch, Add(bytes), Image(DataType.S16), Image(DataType.F32));
        Refuses(EdgeError.TypeMismatch, new QuantTable { Result = words }, Image(DataType.S8), Tensor.Allocate(DataType.S8, new Shape(256)));
        Refuses(EdgeError.TypeMismatch, new QuantTable { Result = bytes }, Image(DataType.S16), Tensor.Allocate(DataType.S8, new Shape(513)));
        Refuses(EdgeError.ShapeMismatch, new QuantTable { Result = words }, Image(DataType.S16), Tensor.Allocate(DataType.S16, new Shape(256)));
        Refuses(EdgeError.ShapeMismatch, new QuantSoftmax(), Image(DataType.S16), Tensor.Allocate(DataType.S32, new Shape(256)));
        Refuses(EdgeError.BadValue, new QuantSoftmax(), Image(DataType.S16), Tensor.Allocate(DataType.S32, new Shape(512)));
        Refuses(EdgeError.BadAttribute, Average(words) with { XZero = -1 }, Image(DataType.S16));
        Assert.Equal(DataType.S16, Infer(Add(words) with { AMultiplier = int.MaxValue }, Image(DataType.S8), Image(DataType.S8)).Type);
    }

    [Fact]
    public void BoundsOfTablesFollowFromTheirEntries()
    {
        Tensor table = Tensor.Allocate(DataType.S16, new Shape(513));
        table.Span<short>().Fill(1000);
        table.Span<short>()[7] = -3000;
        Assert.Equal((-3000, 1000), Bounds(new QuantTable { Result = QuantResult.Words(1) }, DataType.S16, table));
        Assert.Equal((-50, 900), Bounds(new QuantTable { Result = QuantResult.Words(1, -50, 900) }, DataType.S16, table));
        Assert.Equal((-12, 4), Bounds(new QuantTable { Result = new QuantResult(1, 0) }, DataType.S16, table));
        Tensor direct = Tensor.FromVector<short>([.. table.ToArray<short>().Take(256)]);
        Assert.Equal((-3000, 1000), Bounds(new QuantTable { Result = QuantResult.Words(1) }, DataType.S8, direct));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AGraphOfBothWidthsGivesTheSameBitsEverywhere(int seed)
    {
        Graph graph = EdgeReader.Read(EdgeWriter.WriteToArray(new ModelFile { Graph = Mixed(seed) })).Graph;
        Tensor x = RandomTensor.F32(new Shape(1, 3, 11, 13), seed);
        using var reference = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        byte[][] expected = [.. reference.Run([x]).Select(t => t.ByteSpan().ToArray())];
        Assert.All(expected, bytes => Assert.True(bytes.Distinct().Count() > 4));
        foreach (CpuFeatures mask in new[] { CpuFeatures.None, CpuFeatures.Avx512 | CpuFeatures.Avx512Vnni, CpuFeatures.AvxVnni, CpuFeatures.Avx2, CpuFeatures.NeonDot, ~CpuFeatures.None })
        {
            using var session = new InferenceSession(graph, new SessionOptions { Threads = 2, Kernels = new KernelQuery(Cpu.Features & ~mask) });
            RequireSame(expected, session.Run([x]), $"without {mask}");
        }
    }

    [Fact]
    public void WordsStayChannelsLast()
    {
        Assert.SkipUnless(QuantConvKernels.WantChannelsLast(Cpu.Features), "this processor has no rows for channels last");
        ExecutionPlan plan = Planner.Plan(Mixed(1), KernelQuery.Default);
        // Behind QuantizeLinear and before DequantizeLinear.
        Assert.Equal(["q channels last", "d planar"], plan.Steps.Where(s => s.Node.Operator is Reorder { IsView: false }).Select(s => s.Node.Name));
    }

    [Theory]
    [InlineData(DeviceApi.OpenCl)]
    [InlineData(DeviceApi.Vulkan)]
    public void DevicesComputeAGraphOfBothWidthsWhole(DeviceApi api)
    {
        using IDevice? device = TestDevices.TryOpen(api, out string why);
        Assert.SkipWhen(device is null, why);
        Graph graph = Mixed(4);
        Tensor x = RandomTensor.F32(new Shape(1, 3, 11, 13), 4);
        using var reference = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Device = device });
        Assert.Empty(session.Plan.Steps.Where(s => !s.IsOnDevice).Select(s => $"{s.Node.Name}: {s.RowName}"));
        RequireSame([.. reference.Run([x]).Select(t => t.ByteSpan().ToArray())], session.Run([x]), session.Plan.ToString()!);
    }

    /// <summary>Layers of both widths, sums and averages have float32 forms that compute what the integers stand for.</summary>
    [Fact]
    public void LayersOfBothWidthsAreWrittenInFloat32()
    {
        var random = new Random(9);
        var graph = new Graph("tail");
        QuantResult words = QuantResult.Words(0.001f, -32767, 32767);
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 3, 6, 6)));
        Value q = graph.Add("q", new QuantizeLinear { OutputType = DataType.S8 }, [x, graph.AddConstant("s", Tensor.FromScalar(0.02f))]);
        Value q8 = graph.Add("q8", new QuantTable { Result = new QuantResult(0.02f, 0) }, [q, graph.AddConstant("same", Tensor.FromVector<sbyte>([.. Enumerable.Range(-128, 256).Select(i => (sbyte)i)]))]);
        Value a = AddConv(graph, random, "a", q8, 8, 3, words);
        Value b = AddConv(graph, random, "b", a, 8, 1, words);
        Value sum = graph.Add("sum", new QuantAdd { AMultiplier = 1 << 14, BMultiplier = 1 << 14, Offset = 1 << 13, Shift = 14, Result = words with { Low = 0 } }, [a, b]);
        Value mean = graph.Add("mean", Average(words) with { Kernel = [6, 6], Strides = [6, 6] }, [sum]);
        graph.AddOutput(graph.Add("y", new DequantizeLinear(), [mean, graph.AddConstant("y scale", Tensor.FromScalar(0.001f))]));
        (Graph real, Value[] trained, QuantizedTail? tail) = QuantizedTail.Prepare(graph, "last:2");
        Assert.Equal(4, trained.Length);
        // Only what reads 8 bits becomes integers again.
        Assert.Equal("a", Assert.Single(tail!.Forms).Key);
        Assert.Equal(DataType.S8, tail.Forms["a"].Type);
        Tensor input = RandomTensor.F32(new Shape(1, 3, 6, 6), 4);
        using var integers = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        using var floats = new InferenceSession(real, new SessionOptions { Threads = 1 });
        double[] expected = integers.Run([input])[0].ToDouble();
        Assert.All(expected.Zip(floats.Run([input])[0].ToDouble()), p => Assert.Equal(p.First, p.Second, 0.01));
        Assert.Contains(expected, v => v > 0.1);
    }

    /// <summary>Convolutions, dense, depthwise and as products, sums, tables, pooling and a Concat, between values of 8 and of 16 bits.</summary>
    private static Graph Mixed(int seed)
    {
        var random = new Random(seed);
        var graph = new Graph("mixed");
        Value x = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 3, 11, 13)));
        Value q = graph.Add("q", new QuantizeLinear { OutputType = DataType.S8 }, [x, graph.AddConstant("s", Tensor.FromScalar(0.02f)), graph.AddConstant("z", Tensor.FromScalar((sbyte)3))]);
        QuantResult words = QuantResult.Words(0.001f, -32767, 32767);
        Value a = AddConv(graph, random, "a", q, 20, 3, words, xZero: 3);
        Value m = graph.Add("m", new MaxPool { Kernel = [3, 3], Strides = [1, 1], Pads = [1, 1, 1, 1], Dilations = [1, 1] }, [a]);
        Value d = AddConv(graph, random, "d", a, 20, 3, words, group: 20);
        Value s = graph.Add("s1", new QuantAdd { AMultiplier = 70_001, BMultiplier = -32_123, Offset = 1 << 15, Shift = 17, Result = words }, [m, d]);
        Value t = graph.Add("t", new QuantTable { Result = words }, [s, graph.AddConstant("t table", WordProblems.Integers(random, DataType.S16, new Shape(513)))]);
        Value c = graph.Add("c", new Concat { Axis = 1 }, [t, a]);
        Value e = AddConv(graph, random, "e", c, 24, 1, new QuantResult(0.1f, -5, -120, 127));
        Value w = graph.Add("w", new QuantTable { Result = words }, [e, graph.AddConstant("w table", RandomTensor.Bytes(DataType.S16, new Shape(256), seed))]);
        Value f = graph.Add("f", new QuantAdd { AMultiplier = 20_000, BMultiplier = 90, Offset = 1 << 13, Shift = 14, Result = new QuantResult(0.1f, 0) }, [e, w]);
        Value g = graph.Add("g", Average(words) with { Kernel = [2, 2], Strides = [2, 2], Pads = [0, 0, 0, 0] }, [f]);
        Value h = graph.Add("h", Average(words) with { Kernel = [5, 6], Strides = [5, 6], Pads = [0, 0, 0, 0], Ratio = 0.9f }, [g]);
        Value r = graph.Add("r", new Reshape(), [h, graph.AddConstant("r shape", Tensor.FromVector(1L, 24L))]);
        Value p = AddConv(graph, random, "p", r, 12, 0, words);
        int[] table = [.. Enumerable.Range(0, 512).Select(i => (int)Math.Round(Math.Exp(-(i < 256 ? i * 256 : i - 256) * 2e-5) * (1 << 24)))];
        graph.AddOutput(graph.Add("softmax", new QuantSoftmax(), [p, graph.AddConstant("softmax table", Tensor.FromVector<int>(table))]));
        graph.AddOutput(graph.Add("y", new DequantizeLinear(), [d, graph.AddConstant("y scale", Tensor.FromScalar(0.001f))]));
        return graph;
    }

    /// <param name="kernel">Taps along each axis; 0 for a product with a matrix.</param>
    private static Value AddConv(Graph graph, Random random, string name, Value x, int outputs, int kernel, QuantResult result, int group = 1, int xZero = 0)
    {
        int channels = x.Info.KnownShape[1] / group;
        int spatial = kernel == 0 ? 0 : 2;
        Tensor w = RandomTensor.Bytes(DataType.S8, new Shape([outputs, channels, .. Enumerable.Repeat(kernel, spatial)]), random.Next());
        // About as large as the result: sums grow with the root of the number of products.
        double sum = 74 * Math.Sqrt(channels * Math.Max(1, kernel * kernel)) * (x.Info.Type == DataType.S16 ? 16000 : 64);
        int multiplier = (int)Math.Min(int.MaxValue, (result.Type == DataType.S16 ? 16000 : 64) / sum * (1L << 31));
        return graph.Add(
            name,
            new QuantConv
            {
                Strides = [.. Enumerable.Repeat(1, spatial)], Pads = [.. Enumerable.Repeat(kernel / 2, 2 * spatial)], Dilations = [.. Enumerable.Repeat(1, spatial)],
                Group = group, XZero = xZero, Result = result,
            },
            [
                x, graph.AddConstant($"{name} w", w), graph.AddConstant($"{name} b", QuantProblems.Ints(random, outputs, -1000, 1000)),
                graph.AddConstant($"{name} m", QuantProblems.Ints(random, outputs, multiplier / 2, multiplier)),
            ]);
    }

    private static QuantConv Conv(QuantResult result) => new() { Strides = [1, 1], Pads = [0, 0, 0, 0], Dilations = [1, 1], Result = result };

    private static QuantAdd Add(QuantResult result) => new() { AMultiplier = 1, BMultiplier = 1, Offset = 0, Shift = 0, Result = result };

    private static QuantAveragePool Average(QuantResult result) => new() { Kernel = [2, 2], Strides = [1, 1], Pads = [0, 0, 0, 0], Dilations = [1, 1], Result = result };

    private static Tensor Image(DataType type) => Tensor.Allocate(type, new Shape(1, 2, 3, 3));

    private static Tensor Weights() => Tensor.Allocate(DataType.S8, new Shape(3, 2, 1, 1));

    private static Tensor Bias() => Tensor.Allocate(DataType.S32, new Shape(3));

    private static (int Low, int High) Bounds(QuantTable op, DataType x, Tensor table)
    {
        var graph = new Graph("table");
        Value y = graph.Add("y", op, [graph.AddInput("x", new TensorInfo(x, new Shape(4))), graph.AddConstant("t", table)]);
        return (y.Info.Quant!.Low, y.Info.Quant.High);
    }

    private static TensorInfo Infer(Operator op, params Tensor[] operands)
    {
        var graph = new Graph("rule");
        return graph.Add("y", op, [graph.AddInput("x", operands[0].Info), .. operands.Skip(1).Select((t, i) => graph.AddConstant($"c{i}", t))]).Info;
    }

    private static void Refuses(EdgeError error, Operator op, params Tensor[] operands) =>
        Assert.Equal(error, Assert.Throws<EdgeException>(() => Infer(op, operands)).Error);

    private static void RequireSame(byte[][] expected, Tensor[] actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(actual[i].ByteSpan().SequenceEqual(expected[i]), $"output {i} differs {what}");
        }
    }
}
