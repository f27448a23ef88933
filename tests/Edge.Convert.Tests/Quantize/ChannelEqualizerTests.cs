using Edge.Convert.Quantize;
using Edge.Convert.Tests.Passes;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Tests.Quantize;

public class ChannelEqualizerTests
{
    [Fact]
    public void TheModelStaysWhatItIs()
    {
        Graph graph = Uneven();
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        var noise = new OutputNoise(graph, samples);
        Value[] weights = [.. graph.Nodes.Where(n => n.Operator is Conv).Select(n => n.Inputs[1]!)];
        ChannelEqualizer equalizer = Equalize(graph, samples);
        Assert.True(equalizer.HasChanges);
        Assert.True(noise.Snr(graph) > 100);
        equalizer.Undo();
        Assert.Equal(weights, graph.Nodes.Where(n => n.Operator is Conv).Select(n => n.Inputs[1]!));
        Assert.False(equalizer.HasChanges);
    }

    [Fact]
    public void ChannelsOfUnevenRangesBecomeUseful()
    {
        Graph graph = Uneven();
        IReadOnlyList<Tensor[]> samples = QuantModels.Samples(graph);
        (_, QuantizationOutcome outcome) = Quantizer.Run(graph, new QuantizeOptions { ReadSamples = _ => samples }, samples, null);
        Assert.True(outcome.IsEqualized);
        Assert.True(outcome.OutputSnr[0] > 25, $"{outcome.OutputSnr[0]:F1} dB");
    }

    [Fact]
    public void WhatTwoReadOrClipIsLeftAlone()
    {
        var graph = new Graph("alone");
        Value x = graph.Conv("a", graph.Input(1, 4, 6, 6), 8);
        Value clipped = graph.Clip("clip", graph.Conv("b", x, 8), 0, 6);
        graph.AddOutput(graph.Binary("sum", "Add", graph.Conv("c", clipped, 8), graph.Conv("d", x, 8)));
        Assert.False(Equalize(graph, QuantModels.Samples(graph)).HasChanges);
    }

    private static ChannelEqualizer Equalize(Graph graph, IReadOnlyList<Tensor[]> samples) =>
        ChannelEqualizer.Apply(graph, Calibrator.Run(graph, new QuantizeOptions { ReadSamples = _ => samples }, samples, null).ChannelMagnitudes);

    /// <summary>Convolution, Relu, depthwise convolution, Relu, convolution, product; channels of the first have ranges from 1 to 1000.</summary>
    private static Graph Uneven()
    {
        var graph = new Graph("uneven");
        Tensor wide = QuantModels.Normal(new Shape(8, 4, 1, 1), 1, 0.5);
        Tensor deep = QuantModels.Normal(new Shape(8, 1, 3, 3), 2, 0.3);
        for (int c = 0; c < 8; c++)
        {
            float range = MathF.Pow(10, 3f * c / 7);
            wide.Span<float>().Slice(4 * c, 4).ToArray().Select(v => v * range).ToArray().CopyTo(wide.Span<float>()[(4 * c)..]);
            deep.Span<float>().Slice(9 * c, 9).ToArray().Select(v => v / range).ToArray().CopyTo(deep.Span<float>()[(9 * c)..]);
        }
        Value x = graph.Unary("relu", "Relu", graph.Add("wide", PassGraphs.ConvOperator(pad: 0), [graph.Input(1, 4, 8, 8), graph.AddConstant("w", wide)]));
        x = graph.Unary("relu2", "Relu", graph.Add("deep", PassGraphs.ConvOperator(group: 8), [x, graph.AddConstant("v", deep)]));
        x = graph.Add("mean", new GlobalAveragePool(), [graph.Conv("narrow", x, 6)]);
        x = graph.Add("flat", new Flatten { Axis = 1 }, [x]);
        graph.AddOutput(graph.Add("fc", new Gemm { TransB = true }, [x, graph.AddConstant("u", QuantModels.Normal(new Shape(3, 6), 5, 0.5))]));
        return graph;
    }
}
