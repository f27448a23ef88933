using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>
/// Cross-layer equalization (Nagel et al., "Data-Free Quantization", 2019, section 4.1): where one convolution or product feeds another through
/// nothing but Relu and pooling, channel c of what lies between may be divided by any s[c] > 0, in the weights of the first, and multiplied
/// again in those of the second. Weights of the first have a scale per channel anyway, so that only the ranges between and the weights of
/// the second count: s = range for a depthwise reader, whose weights have a scale per channel too, and s = sqrt(range / weights) for a dense one
/// (the middle way of Xiao et al., "SmoothQuant", 2023).
/// </summary>
internal sealed class ChannelEqualizer
{
    /// <summary>A channel changes by at most this factor, up or down.</summary>
    private const double MostChange = 64;

    private readonly Graph _graph;
    private readonly List<(Node Node, int Input, Value Before)> _changes = [];

    private ChannelEqualizer(Graph graph) => _graph = graph;

    /// <summary>Two layers and the value that the second reads.</summary>
    private sealed record Pair(Node First, Node Second, Value Between);

    /// <summary>Whether anything was changed.</summary>
    public bool HasChanges => _changes.Count > 0;

    /// <summary>Changes the weights of <paramref name="graph"/>; it computes what it did, but for rounding.</summary>
    /// <param name="magnitudes">Largest magnitude of each channel of what convolutions and products read.</param>
    public static ChannelEqualizer Apply(Graph graph, IReadOnlyDictionary<Value, double[]> magnitudes)
    {
        var equalizer = new ChannelEqualizer(graph);
        Pair[] pairs = [.. graph.Nodes.Select(equalizer.FindPair).OfType<Pair>()];
        foreach (Pair pair in pairs.Where(p => magnitudes.ContainsKey(p.Between)))
        {
            equalizer.Equalize(pair, magnitudes[pair.Between]);
        }
        return equalizer;
    }

    /// <summary>Puts the weights back.</summary>
    public void Undo()
    {
        foreach ((Node node, int input, Value before) in Enumerable.Reverse(_changes))
        {
            node.SetInput(input, before);
        }
        _changes.Clear();
    }

    private Pair? FindPair(Node first)
    {
        if (!IsLayer(first) || first.Input(3) is not null || first.Input(2) is { Constant.Count: var biases } && biases != first.Inputs[1]!.Info.KnownShape[0])
        {
            return null;
        }
        Value value = first.Outputs[0];
        while (!_graph.IsOutput(value) && value.Consumers is [var reader] && reader.Input(0) == value)
        {
            if (IsLayer(reader))
            {
                return Channels(reader) is { } inputs && inputs == first.Inputs[1]!.Info.KnownShape[0] ? new Pair(first, reader, value) : null;
            }
            bool passes = reader.Operator is Unary { Kind: "Relu" or "LeakyRelu" } or MaxPool or AveragePool or GlobalAveragePool
                || (reader.Operator is Reshape or Flatten && reader.Outputs[0].Info.Shape is { Rank: 2 } flat && flat[1] == value.Info.KnownShape[1]);
            if (!passes || reader.Outputs.Count != 1)
            {
                return null;
            }
            value = reader.Outputs[0];
        }
        return null;
    }

    /// <summary>A convolution, or a product with weights [N,K], of constant float32 weights and bias.</summary>
    private static bool IsLayer(Node node) =>
        node.Operator is Conv or Gemm { TransA: false, TransB: true, Beta: 1 } && node.Input(1)?.Constant is { Type: DataType.F32 } && node.Input(2) is null or { Constant.Type: DataType.F32 };

    /// <summary>Channels that a layer reads, where they can be scaled one by one; null for grouped convolutions other than depthwise.</summary>
    private static int? Channels(Node node) => node.Operator is Conv { Group: > 1 } conv
        ? IsDepthwise(node) ? conv.Group : null
        : node.Inputs[1]!.Info.KnownShape[1];

    private static bool IsDepthwise(Node node) => node.Operator is Conv { Group: > 1 } conv && node.Inputs[1]!.Info.KnownShape is var shape && shape[1] == 1 && shape[0] == conv.Group;

    private void Equalize(Pair pair, double[] ranges)
    {
        bool depthwise = IsDepthwise(pair.Second);
        float[] weights = pair.Second.Inputs[1]!.Constant!.ToArray<float>();
        int channels = ranges.Length;
        int taps = depthwise ? weights.Length / channels : (int)pair.Second.Inputs[1]!.Info.KnownShape.CountRange(2, pair.Second.Inputs[1]!.Info.KnownShape.Rank);
        var largest = new double[channels];
        for (int i = 0; i < weights.Length; i++)
        {
            ref double most = ref largest[i / taps % channels];
            most = Math.Max(most, Math.Abs(weights[i]));
        }
        double[] scales = [.. ranges.Select((r, c) => r > 0 && largest[c] > 0 ? (depthwise ? r : Math.Sqrt(r / largest[c])) : 0)];
        double[] alive = [.. scales.Where(s => s > 0)];
        if (alive.Length < 2 || alive.Any(s => !double.IsFinite(s)))
        {
            return;
        }
        double middle = Math.Exp(alive.Average(Math.Log));
        scales = [.. scales.Select(s => s == 0 ? 1 : Math.Clamp(s / middle, 1 / MostChange, MostChange))];
        int row = pair.First.Inputs[1]!.Constant!.ToArray<float>().Length / channels;
        Scale(pair.First, 1, i => 1 / scales[i / row]);
        if (pair.First.Input(2) is not null)
        {
            Scale(pair.First, 2, i => 1 / scales[i]);
        }
        Scale(pair.Second, 1, i => scales[i / taps % channels]);
    }

    private void Scale(Node node, int input, Func<int, double> factor)
    {
        Value before = node.Inputs[input]!;
        Tensor tensor = before.Constant!;
        float[] values = tensor.ToArray<float>();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(values[i] * factor(i));
        }
        _changes.Add((node, input, before));
        node.SetInput(input, _graph.AddConstant(before.Name, Tensor.From<float>(tensor.Shape, values)));
    }
}
