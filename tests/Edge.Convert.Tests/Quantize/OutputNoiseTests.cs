using Edge.Convert.Quantize;
using Edge.Convert.Tests.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Quantize;

public class OutputNoiseTests
{
    /// <summary>y = x + 1000 and z = x with an error of a tenth of x in one of them: the constant is no signal, and both outputs count.</summary>
    [Theory]
    [InlineData(0, 0, 200, 200)]
    [InlineData(0.1f, 0, 20, 200)]
    [InlineData(0, 0.1f, 200, 20)]
    [InlineData(0.1f, 0.1f, 20, 20)]
    public void EveryOutputCountsByWhatVaries(float first, float second, double snrFirst, double snrSecond)
    {
        Graph real = Build(0, 0);
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(real);
        (double snr, double[] each, _) = new OutputNoise(real, samples).Measure(Build(first, second));
        // The samples' means are not quite 0, and 1000 leaves float32 fewer digits: half a decibel.
        Assert.Equal(snrFirst, each[0], 0.5);
        Assert.Equal(snrSecond, each[1], 0.5);
        double mean = each.Average(e => Math.Pow(10, -e / 10));
        Assert.Equal(mean <= 1e-20 ? OutputNoise.None : -10 * Math.Log10(mean), snr, 1e-6);
    }

    /// <summary>What Silu makes 0 of takes no steps from the rest.</summary>
    [Fact]
    public void RangesAreMeasuredBehindTheFunctionThatReadsThem()
    {
        ValueRange Observe(bool silu)
        {
            var range = new ValueRange();
            float[] values = [.. QuantModels.Normal(new Shape(20_000), 1, 20).ToArray<float>().Select(v => v > 0 ? v / 20 : v)];
            range.Widen(values);
            range.Count(values);
            range.Function = silu ? [.. Enumerable.Range(0, ValueRange.Bins).Select(i => range.Middle(i) / (1 + Math.Exp(-range.Middle(i))))] : null;
            return range;
        }
        ChosenRange alone = RangeEstimator.Choose(Observe(false), RangeMethod.Best, 255);
        ChosenRange behind = RangeEstimator.Choose(Observe(true), RangeMethod.Best, 255);
        Assert.True(alone.Low < -40, $"{alone.Low:F1}");
        Assert.InRange(behind.Low, -15, -4);
        Assert.True(behind.Snr > RangeEstimator.Snr(Observe(true), alone.Low, alone.High, 255) + 6, $"{behind.Snr:F1} dB");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(29)]
    public void RangesHoldEveryValueAndRefuseWhatIsNotFinite(int count)
    {
        float[] values = QuantModels.Normal(new Shape(count), count, 1).ToArray<float>();
        for (int i = 0; i < count; i++)
        {
            float[] changed = [.. values];
            changed[i] = 50;
            var range = new ValueRange();
            Assert.True(range.Widen(changed));
            Assert.Equal(changed.Min(), range.Min);
            Assert.Equal(50, range.Max);
            range.Count(changed);
            Assert.Equal(count, range.Histogram.Sum());
            Assert.Equal(1, range.Histogram[^1]);
            foreach (float broken in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            {
                changed[i] = broken;
                Assert.False(new ValueRange().Widen(changed));
            }
        }
    }

    [Fact]
    public void TheConverterFindsTheFunction()
    {
        var graph = new Graph("silu");
        Value x = graph.Input(1, 3, 8, 8);
        Value deep = graph.Add("deep", PassGraphs.ConvOperator(pad: 0), [x, graph.AddConstant("w", QuantModels.Normal(new Shape(8, 3, 1, 1), 3, 20))]);
        graph.AddOutput(graph.Conv("last", graph.Unary("silu", "Silu", deep), 4));
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        (_, QuantizationOutcome outcome) = Quantizer.Run(graph, new QuantizeOptions { ReadSamples = _ => samples }, samples, null);
        (string _, double low, double high, _, _, _, _) = outcome.Ranges.Single(r => r.Value == "deep");
        Assert.True(low > -0.3 * high, $"{low:F1} to {high:F1}");
    }

    /// <summary>Between convolutions that stay in float32, pooling stays so too; beside one in integers it is one of integers.</summary>
    [Theory]
    [InlineData(new[] { "before", "behind" }, true)]
    [InlineData(new[] { "before" }, false)]
    [InlineData(new[] { "behind" }, false)]
    public void PoolingFollowsItsNeighbours(string[] kept, bool isReal)
    {
        var graph = new Graph("pool");
        Value x = graph.Conv("before", graph.Input(1, 3, 8, 8), 8);
        x = graph.Add("pool", new MaxPool { Kernel = [2, 2], Strides = [2, 2], Pads = [0, 0, 0, 0], Dilations = [1, 1] }, [x]);
        graph.AddOutput(graph.Conv("last", graph.Conv("behind", x, 8), 4));
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        (Graph quantized, _) = Quantizer.Run(graph, new QuantizeOptions { ReadSamples = _ => samples, Keep = kept.ToHashSet() }, samples, null);
        Node pool = quantized.Nodes.Single(n => n.Operator is MaxPool);
        Assert.Equal(isReal ? DataType.F32 : DataType.S8, pool.Outputs[0].Info.Type);
    }

    /// <summary>Two heads, of which exp enlarges what one finds: both are far from 40 dB alone; a classifier with one head stays in integers.</summary>
    [Fact]
    public void HeadsStayInFloat32WhereTheyAloneMakeNoise()
    {
        var graph = new Graph("detector");
        Value x = graph.Conv("stem", graph.Input(1, 3, 8, 8), 8);
        x = graph.Unary("relu", "Relu", x);
        Value boxes = graph.Add("boxes", PassGraphs.ConvOperator(pad: 0), [x, graph.AddConstant("w", QuantModels.Normal(new Shape(4, 8, 1, 1), 3, 1))]);
        graph.AddOutput(graph.Unary("size", "Exp", boxes));
        graph.AddOutput(graph.Unary("scores", "Sigmoid", graph.Conv("logits", x, 2, kernel: 1, pad: 0)));
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        (Graph quantized, QuantizationOutcome outcome) = Quantizer.Run(graph, new QuantizeOptions { ReadSamples = _ => samples }, samples, null);
        Assert.Contains(outcome.Kept, k => k == ("Conv 'boxes'", OutputHeads.Reason));
        Assert.Contains(outcome.Kept, k => k.Node == "Exp 'size'");
        Assert.Single(quantized.Nodes, n => n.Operator is QuantConv);
    }

    /// <summary>The mean of 256 integers is finer than an integer: where nothing but an average follows the last convolution, it gets 16 bits.</summary>
    [Fact]
    public void AveragesBehindTheLastConvolutionGetSixteenBits()
    {
        var graph = new Graph("averaged");
        Value x = graph.Unary("relu", "Relu", graph.Conv("stem", graph.Input(1, 3, 16, 16), 8));
        Value mean = graph.Add("mean", new GlobalAveragePool(), [graph.Conv("last", x, 5)]);
        graph.AddOutput(graph.Add("y", new Softmax { Axis = 1 }, [graph.Add("flat", new Flatten { Axis = 1 }, [mean])]));
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        (Graph quantized, QuantizationOutcome outcome) = Quantizer.Run(graph, new QuantizeOptions { ReadSamples = _ => samples }, samples, null);
        Assert.Empty(outcome.Kept);
        Assert.True(outcome.IsExact);
        Assert.Equal(2, quantized.Nodes.Count(n => n.Operator is QuantConv));
        Assert.Contains(quantized.Nodes, n => n.Operator is QuantAveragePool { Result.Type: DataType.S16 });
    }

    private static Graph Build(float first, float second)
    {
        var graph = new Graph("two");
        Value x = graph.Input(1, 40);
        graph.AddOutput(graph.Binary("y", "Add", Times(graph, "a", x, 1 + first), graph.AddConstant("far", Tensor.FromScalar(1000f))));
        graph.AddOutput(Times(graph, "b", x, 1 + second));
        return graph;
    }

    private static Value Times(Graph graph, string name, Value x, float factor) => graph.Binary(name, "Mul", x, graph.AddConstant($"{name}.factor", Tensor.FromScalar(factor)));
}
