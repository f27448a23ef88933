using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fold;

/// <summary>x -> scale[c] * x + shift[c] for every channel c of axis 1, as batch normalization and per-channel constants are.</summary>
internal sealed record ChannelAffine(double[] Scale, double[] Shift)
{
    /// <summary>
    /// Batch normalization with running statistics (Ioffe and Szegedy, 2015): scale = gamma / sqrt(variance + epsilon),
    /// shift = beta - mean * scale.
    /// </summary>
    public static ChannelAffine FromStatistics(double[] gamma, double[] beta, double[] mean, double[] variance, double epsilon)
    {
        double[] scale = [.. gamma.Select((g, c) => g / Math.Sqrt(variance[c] + epsilon))];
        return new ChannelAffine(scale, [.. beta.Select((b, c) => b - (mean[c] * scale[c]))]);
    }

    /// <summary>
    /// The affine function that <paramref name="node"/> (Add, Sub, Mul or Div) applies to its input <paramref name="index"/>
    /// where its other input is constant per channel; null where it is none.
    /// </summary>
    public static ChannelAffine? FromBinary(Node node, int index)
    {
        if (node.Input(index)?.Info.Shape is not { } shape || node.Outputs[0].Info.Shape != shape || node.Input(1 - index).PerChannel(shape) is not { } other)
        {
            return null;
        }
        double[] ones = [.. Enumerable.Repeat(1.0, other.Length)];
        double[] zeros = new double[other.Length];
        return (node.Operator.Kind, index) switch
        {
            ("Add", _) => new ChannelAffine(ones, other),
            ("Sub", 0) => new ChannelAffine(ones, [.. other.Select(o => -o)]),
            ("Sub", 1) => new ChannelAffine([.. ones.Select(o => -o)], other),
            ("Mul", _) => new ChannelAffine(other, zeros),
            ("Div", 0) => new ChannelAffine([.. other.Select(o => 1 / o)], zeros),
            _ => null,
        };
    }

    /// <summary>Whether every number is finite: others would turn weights into NaN where the original computes none.</summary>
    public bool IsFinite => Array.TrueForAll(Scale, double.IsFinite) && Array.TrueForAll(Shift, double.IsFinite);

    /// <summary>Why the function cannot be folded into the weights of <paramref name="node"/> (Conv, ConvTranspose, Gemm), or null.</summary>
    public static string? WhyNotFoldable(Node node)
    {
        if (!node.Outputs[0].IsF32() || !node.Outputs[0].Info.IsKnown)
        {
            return $"it computes {node.Outputs[0].Info}";
        }
        if (node.Input(1) is not { IsConstant: true })
        {
            return "its weights are not constant";
        }
        if (node.Input(2) is { IsConstant: false })
        {
            return "its bias is not constant";
        }
        if (node.Operator is Gemm && node.Input(2) is { } addend && addend.PerChannel(node.Outputs[0].Info.KnownShape) is null)
        {
            return "its bias differs from row to row";
        }
        return null;
    }

    /// <summary>Why the function cannot be folded into <paramref name="node"/> from behind, or null.</summary>
    public static string? WhyNotFoldableAfter(Node node) =>
        ActivationSlot.Of(node.Operator) is { Kind: not ActivationKind.None } activation ? $"it already applies {activation}"
        : node.Input(3) is not null ? "it already adds a residual"
        : WhyNotFoldable(node);

    /// <summary>The operator and inputs of <paramref name="node"/> followed by this function.</summary>
    public (Operator Operator, Value?[] Inputs) AfterNode(Graph graph, Node node)
    {
        Tensor weights = node.Input(1)!.Constant!;
        WeightLayout layout = WeightLayout.Of(node);
        Tensor scaled = weights.Clone();
        Span<float> values = scaled.Span<float>();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(values[i] * Scale[layout.OutputChannel(i)]);
        }
        double[] bias = Bias(node, Scale.Length);
        for (int c = 0; c < bias.Length; c++)
        {
            bias[c] = (bias[c] * Scale[c]) + Shift[c];
        }
        return Rebuild(graph, node, scaled, bias);
    }

    /// <summary>The operator and inputs of <paramref name="node"/> preceded by this function. Padding would need the shift to be 0.</summary>
    public (Operator Operator, Value?[] Inputs) BeforeNode(Graph graph, Node node)
    {
        Tensor weights = node.Input(1)!.Constant!;
        WeightLayout layout = WeightLayout.Of(node);
        Tensor scaled = weights.Clone();
        Span<float> values = scaled.Span<float>();
        double[] bias = Bias(node, node.Outputs[0].Info.KnownShape[1]);
        double factor = node.Operator is Gemm gemm ? gemm.Alpha : 1;
        for (int i = 0; i < values.Length; i++)
        {
            int c = layout.InputChannel(i);
            bias[layout.OutputChannel(i)] += factor * values[i] * Shift[c];
            values[i] = (float)(values[i] * Scale[c]);
        }
        return Rebuild(graph, node, scaled, bias);
    }

    private static double[] Bias(Node node, int channels)
    {
        double factor = node.Operator is Gemm gemm ? gemm.Beta : 1;
        double[] bias = node.Input(2).PerChannel(node.Operator is Gemm ? node.Outputs[0].Info.KnownShape : new Shape(1, channels)) ?? new double[channels];
        return [.. bias.Select(b => b * factor)];
    }

    private static (Operator Operator, Value?[] Inputs) Rebuild(Graph graph, Node node, Tensor weights, double[] bias)
    {
        string weightName = node.Input(1)!.Name;
        string biasName = node.Input(2)?.Name ?? $"{node.Name}/bias";
        Operator op = node.Operator is Gemm gemm ? gemm with { Beta = 1 } : node.Operator;
        Value?[] inputs = [node.Input(0), graph.AddConstant(weightName, weights), graph.AddVector(biasName, bias)];
        return (op, node.Input(3) is { } residual ? [.. inputs, residual] : inputs);
    }
}
