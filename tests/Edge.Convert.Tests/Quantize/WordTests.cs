using Edge.Convert.Quantize;
using Edge.Convert.Tests.Passes;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Xunit;

namespace Edge.Convert.Tests.Quantize;

/// <summary>Integers of 16 bits between the nodes of quantized models.</summary>
public sealed class WordTests
{
    public static TheoryData<string> Models => [.. QuantModels.Names];

    /// <summary>What remains is the noise of 8-bit weights: far less than that of 8-bit activations.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void SixteenBitsAreNearerToFloat32(string name)
    {
        (Graph eight, QuantizationOutcome plain) = Quantize(QuantModels.Build(name));
        (Graph sixteen, QuantizationOutcome words) = Quantize(QuantModels.Build(name), QuantizeOptions.All);
        Assert.True(words.OutputSnr.Min() > plain.OutputSnr.Min() + 3, $"{words.OutputSnr.Min():F1} dB, {plain.OutputSnr.Min():F1} dB with 8 bits");
        Assert.Equal(plain.Kept, words.Kept);
        Assert.Equal(plain.IsExact, words.IsExact);
        Assert.Contains(sixteen.Nodes, n => n.Operator is QuantConv { Result.Type: DataType.S16 });
        Assert.DoesNotContain(sixteen.Nodes, n => n.Operator is QuantConv && n.Inputs[0]!.Info.Type == DataType.S8);
        Assert.DoesNotContain(eight.Nodes, n => n.Outputs[0].Info.Type == DataType.S16 && n.Operator is QuantConv);
    }

    /// <summary>One node in the middle: its neighbours read and write both widths.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void WidthsMixAndEveryRowComputesTheSameBits(string name)
    {
        Graph graph = QuantModels.Build(name);
        string[] products = [.. graph.Nodes.Where(n => n.Operator is Conv or Gemm).Select(n => n.Name)];
        (Graph quantized, QuantizationOutcome outcome) = Quantize(graph, products[products.Length / 2]);
        Assert.Contains(quantized.Nodes, n => n.Outputs[0].Info.Type == DataType.S16);
        Assert.Contains(quantized.Nodes, n => n.Operator is QuantConv { Result.Type: DataType.S8 });
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(quantized, 3, 77);
        byte[][] expected = Outputs(quantized, samples, KernelQuery.Reference, 1);
        Assert.Equal(expected, Outputs(quantized, samples, KernelQuery.Default, 1));
        Assert.Equal(expected, Outputs(quantized, samples, KernelQuery.Default, 2));
        Assert.True(outcome.OutputSnr.Min() > 15, $"{outcome.OutputSnr.Min():F1} dB");
    }

    /// <summary>The sums of 40,000 products leave no room for 16 bits: as many are used as there is room for.</summary>
    [Fact]
    public void SumsFitThirtyTwoBits()
    {
        var graph = new Graph("long");
        Value x = graph.Input(1, 40_000);
        Tensor w = QuantModels.Normal(new Shape(2, 40_000), 3, 1);
        graph.AddOutput(graph.Add("y", new Gemm { TransB = true }, [x, graph.AddConstant("w", w)]));
        (Graph quantized, QuantizationOutcome outcome) = Quantize(graph, QuantizeOptions.All);
        Node product = Assert.Single(quantized.Nodes, n => n.Operator is QuantConv);
        int limit = quantized.Nodes.First(n => n.Operator is QuantizeLinear).Outputs[0].Info.Type == DataType.S16 ? LargestInput(quantized) : 0;
        long largest = Enumerable.Range(0, 2).Max(m => product.Inputs[1]!.Constant!.Span<sbyte>().Slice(m * 40_000, 40_000).ToArray().Sum(v => Math.Abs((long)v)));
        Assert.InRange(limit, 200, 32_000);
        Assert.True(largest * limit < int.MaxValue);
        Assert.True(outcome.OutputSnr[0] > 30, $"{outcome.OutputSnr[0]:F1} dB");
    }

    [Fact]
    public void FunctionsAreInterpolated()
    {
        var words = Scheme.Words(10f / 32767, 32767);
        short[] silu = FunctionTable.Make(words, Scheme.Words(10f / 32767, 32767), x => [.. x.Select(v => v / (1 + Math.Exp(-v)))])!.ToArray<short>();
        for (int q = -32768; q < 32768; q += 37)
        {
            double exact = words.Real(q) / (1 + Math.Exp(-words.Real(q)));
            Assert.Equal(exact, Interpolate(silu, q) * 10.0 / 32767, 1e-3);
        }
        short[] narrow = FunctionTable.Make(words, new Scheme(0.1f, -20), x => x)!.ToArray<short>();
        for (int q = -32768; q < 32768; q += 37)
        {
            int got = Math.Clamp(((narrow[(q + 32768) >> 7] * (128 - ((q + 32768) & 127))) + (narrow[((q + 32768) >> 7) + 1] * ((q + 32768) & 127)) + (1 << 14)) >> 15, -128, 127);
            Assert.InRange(got - new Scheme(0.1f, -20).Quantize(words.Real(q)), -1, 1);
        }
        Assert.Null(FunctionTable.Make(words, words, x => [.. x.Select(v => v > 0.01 ? 10.0 : -10.0)]));
    }

    [Fact]
    public void NodesThatDoNotExistAreRefused()
    {
        EdgeException refused = Assert.Throws<EdgeException>(() => Quantize(QuantModels.Build("residual"), "nowhere"));
        Assert.Contains("nowhere", refused.Message, StringComparison.Ordinal);
    }

    private static int Interpolate(short[] table, int q)
    {
        (int i, int f) = ((q + 32768) >> 7, (q + 32768) & 127);
        return ((table[i] * (128 - f)) + (table[i + 1] * f) + 64) >> 7;
    }

    /// <summary>The largest integer that samples become.</summary>
    private static int LargestInput(Graph quantized)
    {
        Node quantize = quantized.Nodes.First(n => n.Operator is QuantizeLinear);
        float scale = quantize.Inputs[1]!.Constant!.ToArray<float>()[0];
        return (int)(QuantModels.Samples(quantized).Max(s => s[0].ToArray<float>().Max(Math.Abs)) / scale);
    }

    private static (Graph Graph, QuantizationOutcome Outcome) Quantize(Graph graph, params string[] words)
    {
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        return Quantizer.Run(graph, new QuantizeOptions { ReadSamples = _ => samples, Words = words.ToHashSet() }, samples, null);
    }

    private static byte[][] Outputs(Graph graph, IReadOnlyList<Tensor[]> samples, KernelQuery query, int threads)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = threads, Kernels = query });
        return [.. samples.Select(s => session.Run(s)[0].ByteSpan().ToArray())];
    }
}
