using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>What became of a node.</summary>
/// <param name="Reason">Why it stayed in float32; null where it computes integers.</param>
internal sealed record LayerDecision(string Node, string Kind, string? Reason);

/// <summary>The integers of a convolution or product: weights [M,...], and the scale of weights and bias (scale of x times scale of w) for each of M channels.</summary>
internal sealed record ProductForm(Tensor Weights, float[] Scales, int[] Bias, float[] BiasScales);

/// <summary>A graph in integers, and how it came from the float32 graph.</summary>
internal sealed class Int8Form
{
    public required Graph Graph { get; init; }

    /// <summary>One for each node of the float32 graph that others have not absorbed.</summary>
    public required IReadOnlyList<LayerDecision> Decisions { get; init; }

    /// <summary>Values of the float32 graph that exist as integers, with what these mean.</summary>
    public required IReadOnlyDictionary<Value, Scheme> Schemes { get; init; }

    /// <summary>The integers of each quantized convolution or product of the float32 graph.</summary>
    public required IReadOnlyDictionary<Node, ProductForm> Products { get; init; }

    /// <summary>Nodes of the float32 graph that stayed as they are.</summary>
    public required IReadOnlySet<Node> Kept { get; init; }
}
