using Edge.Convert.Passes;
using Edge.Convert.Quantize;
using Edge.Convert.Tests.Passes;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Quantization;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Quantize;

/// <summary>Models that were quantized elsewhere run on integers and give what their float32 form gives.</summary>
public class QdqTests
{
    public static TheoryData<string, bool> Models
    {
        get
        {
            var models = new TheoryData<string, bool>();
            foreach (string name in QuantModels.Names)
            {
                models.Add(name, true);
                models.Add(name, false);
            }
            return models;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void PairsBecomeIntegers(string name, bool unsigned)
    {
        Graph graph = WithPairs(QuantModels.Build(name), unsigned);
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph, 6, 31);
        double[][] expected = Outputs(graph, samples);
        int products = graph.Nodes.Count(n => n.Operator is Conv or Gemm or BatchNorm);
        (Graph quantized, QuantizationOutcome outcome) = Assert.NotNull(Quantizer.Import(graph));
        Assert.Equal(products, quantized.Nodes.Count(n => n.Operator is QuantConv));
        Assert.True(outcome.IsExact, string.Join(", ", outcome.Kept));
        double[][] actual = Outputs(quantized, samples);
        double signal = expected.SelectMany(v => v).Sum(v => v * v);
        double noise = expected.SelectMany(v => v).Zip(actual.SelectMany(v => v), (a, b) => (a - b) * (a - b)).Sum();
        Assert.True(noise < signal * 1e-3, $"{10 * Math.Log10(signal / noise):F1} dB");
    }

    [Theory]
    [InlineData(DataType.U8)]
    [InlineData(DataType.S8)]
    public void QLinearConvolutionBecomesIntegers(DataType type)
    {
        var graph = new Graph("qlinear");
        Value x = graph.Input(1, 3, 9, 9);
        Value zero = Scalar(graph, "zero", type, 7);
        Value scale = graph.AddConstant("scale", Tensor.FromScalar(0.02f));
        Value q = graph.Add("q", new QuantizeLinear { OutputType = type }, [x, scale, zero]);
        var random = new Random(3);
        Tensor w = Tensor.From<sbyte>(new Shape(5, 3, 3, 3), [.. Enumerable.Range(0, 135).Select(_ => (sbyte)random.Next(-128, 128))]);
        Value[] rest =
        [
            graph.AddConstant("w", w), zero, Scalar(graph, "wz", DataType.S8, 0), graph.AddConstant("b", Tensor.FromVector(10, -2000, 0, 500, 70)),
            scale, graph.AddConstant("ws", Tensor.FromVector(0.01f, 0.02f, 0.005f, 0.01f, 0.03f)), graph.AddConstant("ys", Tensor.FromScalar(0.1f)), Scalar(graph, "yz", type, 3),
        ];
        var conv = new QLinearConv { Strides = [2, 1], Pads = [1, 1, 1, 0], Dilations = [1, 1] };
        Value y = graph.Add("conv", conv, [q, rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6], rest[7]]);
        graph.AddOutput(graph.Add("y", new DequantizeLinear(), [y, rest[6], rest[7]]));
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph, 4);
        double[][] expected = Outputs(graph, samples);
        (Graph quantized, _) = Assert.NotNull(Quantizer.Import(graph));
        Assert.Single(quantized.Nodes, n => n.Operator is QuantConv);
        double[][] actual = Outputs(quantized, samples);
        // One step of the result, where a sum lies at a tie.
        Assert.All(expected.SelectMany(v => v).Zip(actual.SelectMany(v => v)), p => Assert.Equal(p.First, p.Second, 0.1001));
        Assert.True(expected.SelectMany(v => v).Zip(actual.SelectMany(v => v)).Count(p => !p.First.Equals(p.Second)) < 5);
    }

    [Fact]
    public void ValuesSaturateBeforeNodesInFloat32()
    {
        var graph = new Graph("saturates");
        Value real = graph.Unary("exp", "Exp", graph.Input(1, 4, 5, 5));
        Value scale = graph.AddConstant("s", Tensor.FromScalar(0.01f));
        Value zero = Scalar(graph, "z", DataType.U8, 0);
        Value clipped = graph.Add("d", new DequantizeLinear(), [graph.Add("q", new QuantizeLinear(), [real, scale, zero]), scale, zero]);
        Value squared = graph.Binary("square", "Mul", clipped, clipped);
        Value again = graph.Add("d2", new DequantizeLinear(), [graph.Add("q2", new QuantizeLinear(), [squared, scale, zero]), scale, zero]);
        // A channel whose weights are next to nothing beside its bias.
        Tensor integers = Tensor.From<sbyte>(new Shape(2, 4, 1, 1), [5, -100, 127, 3, 1, 2, 3, 4]);
        Value w = graph.Add("wd", new DequantizeLinear { Axis = 0 }, [graph.AddConstant("w", integers), graph.AddConstant("ws", Tensor.FromVector(0.02f, 1e-12f))]);
        Value y = graph.Add("y", PassGraphs.ConvOperator(pad: 0), [again, w, graph.AddConstant("b", Tensor.FromVector(0.5f, 3f))]);
        Value ys = graph.AddConstant("ys", Tensor.FromScalar(0.05f));
        Value yz = Scalar(graph, "yz", DataType.U8, 100);
        graph.AddOutput(graph.Add("out", new DequantizeLinear(), [graph.Add("yq", new QuantizeLinear(), [y, ys, yz]), ys, yz]));
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph, 4);
        double[][] expected = Outputs(graph, samples);
        (Graph quantized, _) = Assert.NotNull(Quantizer.Import(graph));
        Assert.Single(quantized.Nodes, n => n.Operator is QuantConv);
        Assert.Equal("out", quantized.Outputs[0].Name);
        double[][] actual = Outputs(quantized, samples);
        Assert.All(expected.SelectMany(v => v).Zip(actual.SelectMany(v => v)), p => Assert.Equal(p.First, p.Second, 0.0501));
    }

    [Fact]
    public void GraphsWithoutPairsAreLeftAlone()
    {
        Graph graph = QuantModels.Build("dense");
        string before = GraphPrinter.Print(graph);
        Assert.Null(Quantizer.Import(graph));
        Assert.Equal(before, GraphPrinter.Print(graph));
    }

    private static Value Scalar(Graph graph, string name, DataType type, int value) =>
        graph.AddConstant(name, type == DataType.U8 ? Tensor.FromScalar((byte)value) : Tensor.FromScalar((sbyte)value));

    private static double[][] Outputs(Graph graph, IReadOnlyList<Tensor[]> samples)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Reference });
        return [.. samples.Select(s => session.Run(s)[0].ToDouble())];
    }

    /// <summary>The graph with QuantizeLinear and DequantizeLinear behind every value that has a scheme, and quantized weights.</summary>
    private static Graph WithPairs(Graph source, bool unsigned)
    {
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(source);
        PassPipeline.BeforeQuantization.Run(source);
        (SchemePlan plan, _) = Calibrator.Run(source, new QuantizeOptions { ReadSamples = _ => samples }, samples, null).Choose(sevenBits: true);
        var target = new Graph(source.Name);
        var copies = new Dictionary<Value, Value>();
        foreach (Value input in source.Inputs)
        {
            copies[input] = Paired(target, input, target.AddInput(input.Name, input.Info), plan, unsigned);
        }
        foreach (Node node in source.Nodes)
        {
            bool isProduct = node.Operator is Conv or Gemm;
            Value?[] inputs = [.. node.Inputs.Select((v, i) => v is null ? null : !v.IsConstant ? copies[v] : isProduct && i == 1 ? Weights(target, v) : target.AddConstant(v.Name, v.Constant!))];
            Node added = target.AddNode(node.Name, node.Operator, inputs, [.. node.Outputs.Select(o => o.Name)]);
            bool isClamped = node.Outputs[0].Consumers is [{ Operator: Unary { Kind: "Relu" or "Clip" } }];
            bool isLast = source.IsOutput(node.Outputs[0]);
            for (int i = 0; i < added.Outputs.Count; i++)
            {
                copies[node.Outputs[i]] = isClamped || (isLast && !isProduct) ? added.Outputs[i] : Paired(target, node.Outputs[i], added.Outputs[i], plan, unsigned);
            }
        }
        foreach (Value output in source.Outputs)
        {
            target.AddOutput(target.Add($"{output.Name} out", new Identity(), [copies[output]]));
        }
        UniqueNames.Apply(target);
        return target;
    }

    private static Value Paired(Graph target, Value original, Value value, SchemePlan plan, bool unsigned)
    {
        if (!plan.Values.TryGetValue(original, out Scheme? scheme))
        {
            return value;
        }
        DataType type = unsigned ? DataType.U8 : DataType.S8;
        Value scale = target.AddConstant($"{value.Name} s", Tensor.FromScalar(scheme.Scale));
        Value zero = Scalar(target, $"{value.Name} z", type, scheme.Zero + (unsigned ? 128 : 0));
        Value q = target.Add($"{value.Name} q", new QuantizeLinear { OutputType = type }, [value, scale, zero]);
        return target.Add($"{value.Name} d", new DequantizeLinear(), [q, scale, zero]);
    }

    private static Value Weights(Graph target, Value value)
    {
        Tensor weights = value.Constant!;
        int rows = weights.Shape[0];
        float[] real = weights.ToArray<float>();
        int row = real.Length / rows;
        float[] scales = [.. Enumerable.Range(0, rows).Select(m => Math.Max(1e-6f, WeightQuantizer.ChooseScale(real.AsSpan(m * row, row))))];
        Tensor integers = Tensor.From<sbyte>(weights.Shape, [.. real.Select((w, i) => WeightQuantizer.Quantize(w, scales[i / row]))]);
        return target.Add($"{value.Name} d", new DequantizeLinear { Axis = 0 }, [target.AddConstant($"{value.Name} q", integers), target.AddConstant($"{value.Name} s", Tensor.FromVector<float>(scales))]);
    }
}
