using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Streaming;
using Edge.Testing;

namespace Edge.Runtime.Tests;

public class IncrementalTests
{
    /// <summary>Windows that slide over a signal: each hop gives what the whole window gives.</summary>
    [Theory]
    [InlineData(64, 4, 0, 1)]
    [InlineData(64, 4, 1, 1)]
    [InlineData(96, 8, 2, 2)]
    [InlineData(97, 8, 3, 1)]
    [InlineData(128, 32, 2, 1)]
    public void AHopGivesWhatTheWindowGives(int window, int hop, int pad, int dilation)
    {
        Graph graph = Network(window, pad, dilation, flat: false);
        Compare(graph, hop);
    }

    [Fact]
    public void ResidualsBranchesAndTwoDimensionsAreFollowed()
    {
        var graph = new Graph("branches");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 80)));
        Value plane = graph.Add("plane", new Unsqueeze { Axes = [1, 2] }, [input]);
        Value a = Conv2d(graph, "a", plane, 1, 6, 5, 2);
        Value b = Conv2d(graph, "b", plane, 1, 6, 3, 1);
        Value joined = graph.Add("joined", new Concat { Axis = 1 }, [a, b]);
        Value sum = graph.Add("sum", new Binary("Add"), [joined, joined]);
        Value pooled = graph.Add("pooled", new AveragePool { Kernel = [1, 2], Strides = [1, 2], Pads = [0, 0, 0, 0], Dilations = [1, 1] }, [sum]);
        Value last = Conv2d(graph, "last", pooled, 12, 4, 3, 1);
        Value bent = graph.Add("bent", new Unary("Tanh"), [last]);
        graph.AddOutput(graph.Add("mean", new GlobalAveragePool(), [bent]));
        Compare(graph, 4);
    }

    [Fact]
    public void AHopCostsLessThanAWindow()
    {
        using var session = new IncrementalSession(Network(1024, 1, 1, flat: true), 32, new SessionOptions { Threads = 1 });
        (long window, long hop) = session.MultiplyAdds;
        Assert.True(hop * 10 < window, $"{hop} multiply-adds per hop, {window} per window");
    }

    /// <summary>
    /// Causal networks (padded at the beginning by a convolution whose surplus end is cut off) that tell of the last column: what a hop needs,
    /// in memory and in work, does not depend on the length of the window.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MemoryAndWorkFollowTheHop(bool gathers)
    {
        (long Arena, long Kept, long MultiplyAdds)[] needs = [.. new[] { 256, 4096 }.Select(window =>
        {
            Graph graph = Causal(window, gathers);
            Compare(graph, 4);
            using var step = new IncrementalSession(graph, 4, new SessionOptions { Threads = 1 });
            return (step.Bytes.Arena, step.Bytes.Kept, step.MultiplyAdds.Hop);
        })];
        Assert.Equal(needs[0], needs[1]);
        Assert.InRange(needs[0].Arena + needs[0].Kept, 1, 64_000);
    }

    /// <summary>A model in integers gives the same bits by hops as by windows.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void IntegersAreEqualBitForBit(bool words)
    {
        QuantResult result = words ? QuantResult.Words(0.0005f, -32767, 32767) : new QuantResult(0.1f, 1);
        var graph = new Graph("integers");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 1, 96)));
        Value scale = graph.AddConstant("scale", Tensor.FromScalar(0.02f));
        Value zero = graph.AddConstant("zero", Tensor.FromScalar((sbyte)3));
        Value integers = graph.Add("q", new QuantizeLinear { OutputType = DataType.S8 }, [input, scale, zero]);
        Value first = IntegerConv(graph, "first", integers, 1, 8, 5, 2, 3, words);
        Value pooled = graph.Add("pooled", new MaxPool { Kernel = [2], Strides = [2], Pads = [0, 0], Dilations = [1] }, [first]);
        Value second = IntegerConv(graph, "second", pooled, 8, 16, 3, 1, words ? 0 : -5, words);
        Value sum = graph.Add("sum", new QuantAdd { AMultiplier = 100, BMultiplier = 50, Offset = 64, Shift = 7, Result = result }, [second, second]);
        Value mean = graph.Add("mean", new QuantAveragePool { Kernel = [48], Strides = [1], Pads = [0, 0], Dilations = [1], XZero = result.Zero, Result = result with { Zero = 0 } }, [sum]);
        graph.AddOutput(graph.Add("y", new DequantizeLinear(), [mean, scale]));
        graph.AddOutput(graph.Add("all", new DequantizeLinear(), [sum, scale]));
        var options = new SessionOptions { Threads = 1 };
        const int Hop = 4;
        Assert.True(IncrementalGraph.Create(graph, Hop).ComputesAgain);
        float[] signal = RandomTensor.F32(new Shape(96 + (20 * Hop)), 5).ToArray<float>();
        using var whole = new InferenceSession(graph, options);
        using var step = new IncrementalSession(graph, Hop, options);
        for (int i = 0; i <= 20; i++)
        {
            step.Run(i == 0 ? signal.AsSpan(0, 96) : signal.AsSpan(96 + ((i - 1) * Hop), Hop));
            Tensor[] expected = whole.Run(Tensor.From<float>(new Shape(1, 1, 96), signal[(i * Hop)..((i * Hop) + 96)]));
            for (int k = 0; k < 2; k++)
            {
                var actual = new float[expected[k].Count];
                step.ReadOutput(k, actual);
                Assert.Equal(expected[k].ToArray<float>(), actual);
                Assert.True(k == 0 || actual.Distinct().Count() > 20);
            }
        }
        (long window, long hop) = step.MultiplyAdds;
        Assert.True(hop * 3 < window, $"{hop} of {window}");
    }

    [Fact]
    public void AHopAllocatesNothing()
    {
        using var session = new IncrementalSession(Network(64, 1, 1, flat: false), 4, new SessionOptions { Threads = 1 });
        session.Run(new float[128]);
        var samples = new float[8];
        Assert.Equal(0, Allocated.OnThread(() => session.Run(samples), times: 50));
    }

    [Fact]
    public void WhatCannotRunByHopsIsRefused()
    {
        Graph graph = Network(64, 1, 1, flat: false);
        Assert.Throws<EdgeException>(() => IncrementalGraph.Create(graph, 64));
        Assert.Throws<EdgeException>(() => IncrementalGraph.Create(graph, 63)); // hardly anything is left in the middle, and not whole columns
        Assert.Throws<EdgeException>(() => IncrementalGraph.Create(graph, 0));
        using var session = new IncrementalSession(graph, 4);
        Assert.Throws<EdgeException>(() => session.Run(new float[9]));
        Assert.Throws<EdgeException>(() => session.Run([]));
    }

    /// <summary>
    /// After a stream of something else, zeros and a hop more than a window of samples, outputs are those of the window: a gap leaves
    /// nothing behind. A whole window begins a stream anew, whatever was before.
    /// </summary>
    [Theory]
    [InlineData(64, 4, 2)]
    [InlineData(97, 8, 3)]
    public void WhatWasBeforeTheWindowLeavesNothingBehind(int window, int hop, int pad)
    {
        Graph graph = Network(window, pad, 1, flat: false);
        float[] first = RandomTensor.F32(new Shape(2 * window), 1).ToArray<float>();
        float[] second = RandomTensor.F32(new Shape(2 * window), 2).ToArray<float>();
        var options = new SessionOptions { Threads = 1 };
        using var whole = new InferenceSession(graph, options);
        using var step = new IncrementalSession(graph, hop, options);
        var expected = new float[whole.Outputs[0].Info.KnownShape.Count];
        whole.Run(second, expected);
        void Check()
        {
            var actual = new float[expected.Length];
            step.ReadOutput(0, actual);
            Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, 1e-5f * expected.Max(Math.Abs)));
        }
        step.Run(first);
        Assert.True(step.HasWindow);
        step.Run(second);
        Check();
        step.Reset();
        step.Run(first);
        for (int end = window - ((step.HopsPerWindow - 1) * hop); end <= window; end += hop)
        {
            float[] Channel(int c) => [.. Enumerable.Range(end - hop, hop).Select(i => i < 0 ? 0 : second[(c * window) + i])];
            step.Run([.. Channel(0), .. Channel(1)]);
        }
        Check();
        step.Reset();
        Assert.False(step.HasWindow);
        for (int i = 0; i < step.HopsPerWindow; i++)
        {
            Assert.False(step.HasWindow);
            step.Run(new float[2 * hop]);
        }
        Assert.True(step.HasWindow);
    }

    /// <summary>
    /// Networks that are padded on both sides and end in a mean: a longer window adds the samples and the columns of the last layer, which
    /// the mean reads, and nothing for the layers between.
    /// </summary>
    [Fact]
    public void PaddedLayersKeepNoWindow()
    {
        (long Kept, long MultiplyAdds)[] needs = [.. new[] { 256, 1024 }.Select(window =>
        {
            Graph graph = Network(window, 2, 1, flat: true);
            Compare(graph, 8);
            using var step = new IncrementalSession(graph, 8, new SessionOptions { Threads = 1 });
            return (step.Bytes.Kept, step.MultiplyAdds.Hop);
        })];
        // Two channels of samples, and four channels of half as many columns; a quarter more for the way through.
        long more = (1024 - 256) * ((2 * sizeof(float)) + (4 * sizeof(float) / 2)) * 5 / 4;
        Assert.InRange(needs[1].Kept - needs[0].Kept, more - 64, more + 64);
        Assert.InRange(needs[1].MultiplyAdds - needs[0].MultiplyAdds, 0, 4 * (1024 - 256) / 2); // those of the mean
    }

    /// <summary>Where a padded beginning reaches far, columns are kept; where it does not, they are computed again: both give what the window gives.</summary>
    [Theory]
    [InlineData(2, true)]
    [InlineData(20, false)]
    public void BothWaysToHaveTheBeginningAreExact(int layers, bool again)
    {
        var graph = new Graph("deep");
        Value value = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 1, 128)));
        for (int i = 0; i < layers; i++)
        {
            value = graph.Add($"relu{i}", new Unary("Relu"), [Conv1d(graph, $"conv{i}", value, i == 0 ? 1 : 6, 6, 5, 2, 1, 1)]);
        }
        graph.AddOutput(graph.Add("mean", new GlobalAveragePool(), [value]));
        Assert.Equal(again, IncrementalGraph.Create(graph, 4).ComputesAgain);
        Compare(graph, 4);
    }

    private static void Compare(Graph graph, int hop)
    {
        int window = graph.Inputs[0].Info.KnownShape[^1];
        int channels = (int)(graph.Inputs[0].Info.KnownShape.Count / window);
        float[][] signal = [.. Enumerable.Range(0, channels).Select(c => RandomTensor.F32(new Shape(window + (12 * hop)), 5 + c).ToArray<float>())];
        float[] Cut(int start, int count) => [.. signal.SelectMany(s => s[start..(start + count)])];
        var options = new SessionOptions { Threads = 1 };
        using var whole = new InferenceSession(graph, options);
        using var step = new IncrementalSession(graph, hop, options);
        var expected = new float[whole.Outputs[0].Info.KnownShape.Count];
        var actual = new float[expected.Length];
        for (int i = 0; i <= 12; i++)
        {
            step.Run(i == 0 ? Cut(0, window) : Cut(window + ((i - 1) * hop), hop));
            step.ReadOutput(0, actual);
            whole.Run(Cut(i * hop, window), expected);
            float largest = expected.Max(Math.Abs);
            Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, 1e-5f * largest));
        }
        (long all, long some) = step.MultiplyAdds;
        Assert.True(some < all, $"{some} multiply-adds per hop, {all} per window");
    }

    private static Graph Causal(int window, bool gathers)
    {
        var graph = new Graph("causal");
        Value value = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 1, window)));
        for (int i = 0; i < 4; i++)
        {
            int pad = 4 << i;
            Value wide = Conv1d(graph, $"conv{i}", value, i == 0 ? 1 : 16, 16, 5, pad, 1, 1 << i);
            Value cut = graph.Add($"cut{i}", new Slice { Starts = [0], Ends = [-pad], Axes = [2] }, [wide]);
            Value bent = graph.Add($"relu{i}", new Unary("Relu"), [cut]);
            value = i == 0 ? bent : graph.Add($"sum{i}", new Binary("Add"), [bent, value]);
        }
        Value last = gathers
            ? graph.Add("last", new Gather { Axis = 2 }, [value, graph.AddConstant("index", Tensor.FromScalar(-1L))])
            : graph.Add("last", new Slice { Starts = [-4], Ends = [int.MaxValue], Axes = [2] }, [value]);
        graph.AddOutput(last);
        return graph;
    }

    private static Graph Network(int window, int pad, int dilation, bool flat)
    {
        var graph = new Graph("stream");
        Value input = graph.AddInput("x", new TensorInfo(DataType.F32, new Shape(1, 2, window)));
        Value first = Conv1d(graph, "first", input, 2, 8, 5, pad, 1, dilation);
        Value pooled = graph.Add("pooled", new MaxPool { Kernel = [2], Strides = [2], Pads = [0, 0], Dilations = [1] }, [first]);
        Value second = Conv1d(graph, "second", pooled, 8, 8, 3, pad, flat ? 1 : 2, 1);
        Value normal = graph.Add("relu", new Unary("Relu"), [second]);
        Value third = Conv1d(graph, "third", normal, 8, 4, 3, pad, 1, 1);
        graph.AddOutput(graph.Add("mean", new GlobalAveragePool(), [third]));
        return graph;
    }

    private static Value Conv1d(Graph graph, string name, Value input, int from, int to, int kernel, int pad, int stride, int dilation) => graph.Add(
        name,
        new Conv { Strides = [stride], Pads = [pad, pad], Dilations = [dilation] },
        [input, graph.AddConstant($"{name}/w", RandomTensor.F32(new Shape(to, from, kernel), from + kernel)), graph.AddConstant($"{name}/b", RandomTensor.F32(new Shape(to), to))]);

    private static Value IntegerConv(Graph graph, string name, Value input, int from, int to, int kernel, int pad, int zero, bool words)
    {
        var random = new Random(from + to);
        sbyte[] weights = [.. Enumerable.Range(0, to * from * kernel).Select(_ => (sbyte)random.Next(-127, 128))];
        int[] bias = [.. Enumerable.Range(0, to).Select(_ => random.Next(-500, 500))];
        int shift = words && input.Info.Type == DataType.S8 ? 29 : 22;
        int[] multipliers = [.. Enumerable.Range(0, to).Select(_ => random.Next(1 << shift, 1 << (shift + 1)))];
        return graph.Add(
            name,
            new QuantConv { Strides = [1], Pads = [pad, pad], Dilations = [1], XZero = zero, Result = words ? QuantResult.Words(0.0005f, -32767, 32767) : new QuantResult(0.05f, -5, -128, 127) },
            [input, graph.AddConstant($"{name}/w", Tensor.From<sbyte>(new Shape(to, from, kernel), weights)), graph.AddConstant($"{name}/b", Tensor.FromVector<int>(bias)), graph.AddConstant($"{name}/m", Tensor.FromVector<int>(multipliers))]);
    }

    private static Value Conv2d(Graph graph, string name, Value input, int from, int to, int kernel, int pad) => graph.Add(
        name,
        new Conv { Strides = [1, 1], Pads = [0, pad, 0, pad], Dilations = [1, 1] },
        [input, graph.AddConstant($"{name}/w", RandomTensor.F32(new Shape(to, from, 1, kernel), from + kernel))]);
}
