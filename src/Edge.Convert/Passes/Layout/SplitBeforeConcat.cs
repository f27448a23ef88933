using Edge.Convert.Passes.Fold;
using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Layout;

/// <summary>
/// Moves batch normalization or an activation that follows a Concat of convolutions in front of it, onto every branch, where
/// each convolution can absorb its share: Concat(a, b) then Relu becomes Concat(Relu(a), Relu(b)).
/// </summary>
internal sealed class SplitBeforeConcat : IPass
{
    public string Name => nameof(SplitBeforeConcat);

    public int Run(Graph graph, PassLog log)
    {
        int split = 0;
        foreach (Node node in graph.Walk())
        {
            bool splits = node.Operator switch
            {
                BatchNorm { Training: false } => node.Inputs.Skip(1).All(i => i is { IsConstant: true }),
                Unary unary => unary.AsActivation() is not null,
                _ => false,
            };
            if (splits && node.Outputs[0].IsF32() && node.ProducerOf<Concat>(0) is { } concat && IsChannelConcat(concat))
            {
                split += Split(graph, concat, node, log) ? 1 : 0;
            }
        }
        return split;
    }

    /// <summary>Whether the axis is that of channels, along which batch normalization can be cut.</summary>
    private static bool IsChannelConcat(Node concat) =>
        concat.Outputs[0].Info is { IsKnown: true, KnownShape.Rank: >= 2 } info && ((Concat)concat.Operator).Axis is var axis && (axis == 1 || axis + info.KnownShape.Rank == 1);

    private static bool Split(Graph graph, Node concat, Node node, PassLog log)
    {
        if ((graph.WhyNotPrivate(concat.Outputs[0]) ?? concat.Inputs.Select(i => WhyNot(graph, i!, node)).FirstOrDefault(r => r is not null)) is { } reason)
        {
            log.Skipped(concat, $"{node.Place} is not moved in front of it: {reason}");
            return false;
        }
        log.Rewrote($"{node.Place} moves in front of {concat.Place}");
        int first = 0;
        for (int i = 0; i < concat.Inputs.Count; i++)
        {
            Value branch = concat.Inputs[i]!;
            int channels = branch.Info.KnownShape[1];
            Value?[] inputs = [branch, .. node.Inputs.Skip(1).Select(p => Part(graph, p!, first, channels))];
            concat.SetInput(i, graph.Add($"{branch.Name}/{node.Operator.Kind}", node.Operator, inputs, before: concat));
            first += channels;
        }
        graph.Replace(node, concat.Operator, concat.Inputs).Name = concat.Name;
        graph.Remove(concat);
        return true;
    }

    private static string? WhyNot(Graph graph, Value branch, Node node)
    {
        if (branch.Producer is not { Operator: Conv or ConvTranspose or Gemm } producer)
        {
            return $"'{branch.Name}' is not computed by a Conv or Gemm";
        }
        string? reason = graph.WhyNotPrivate(branch) ?? (node.Operator is BatchNorm
            ? ChannelAffine.WhyNotFoldableAfter(producer)
            : ActivationSlot.Of(producer.Operator) is { Kind: not ActivationKind.None } activation ? $"it already applies {activation}" : null);
        return reason is null ? null : $"{producer.Place}: {reason}";
    }

    /// <summary>The elements of a vector that belong to one branch.</summary>
    private static Value Part(Graph graph, Value vector, int first, int channels)
    {
        Tensor part = Tensor.From<float>(new Shape(channels), vector.Constant!.Span<float>().Slice(first, channels));
        return graph.AddConstant($"{vector.Name}/{first}", part);
    }
}
