using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>What became of a node.</summary>
/// <param name="Reason">Why it stayed in float32; null where it computes integers.</param>
/// <param name="IsWords">Its inputs and result are integers of 16 bits.</param>
internal sealed record LayerDecision(string Node, string Kind, string? Reason, bool IsWords = false)
{
    /// <summary><c>int8</c>, <c>int16</c> or <c>float32</c>.</summary>
    public string Precision => Reason is not null ? MovedNode.Float : IsWords ? MovedNode.Words : "int8";
}

/// <summary>The integers of a convolution or product: weights [M,...], and the scale of weights and bias (scale of x times scale of w) for each of M channels.</summary>
internal sealed record ProductForm(Tensor Weights, float[] Scales, int[] Bias, float[] BiasScales)
{
    /// <summary>Whether no sum of a channel leaves 32 bits for inputs of a magnitude of at most <paramref name="limit"/>.</summary>
    public bool Fits(int channel, int limit)
    {
        int row = (int)(Weights.Count / Bias.Length);
        long sum = 0;
        foreach (sbyte weight in Weights.Span<sbyte>().Slice(channel * row, row))
        {
            sum += Math.Abs((int)weight);
        }
        return (sum * limit) + Math.Abs((long)Bias[channel]) <= int.MaxValue;
    }
}

/// <summary>A graph in integers, and how it came from the float32 graph.</summary>
internal sealed class Int8Form
{
    public required Graph Graph { get; init; }

    /// <summary>One for each node of the float32 graph that others have not absorbed.</summary>
    public required IReadOnlyList<LayerDecision> Decisions { get; init; }

    /// <summary>Values of the float32 graph that exist as integers, with what these mean.</summary>
    public required IReadOnlyDictionary<Value, Scheme> Schemes { get; init; }

    /// <summary>The values of <see cref="Graph"/> that hold these integers.</summary>
    public required IReadOnlyDictionary<Value, Value> Bytes { get; init; }

    /// <summary>The integers of each quantized convolution or product of the float32 graph.</summary>
    public required IReadOnlyDictionary<Node, ProductForm> Products { get; init; }

    /// <summary>Nodes of the float32 graph that stayed as they are.</summary>
    public required IReadOnlySet<Node> Kept { get; init; }
}
