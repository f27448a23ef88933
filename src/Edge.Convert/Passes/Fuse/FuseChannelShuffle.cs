using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fuse;

/// <summary>
/// Recognizes the shuffle of channels spelled as Reshape to (N, groups, C / groups, ...), Transpose of the two, Reshape back. It
/// takes over a Concat of channels before it, and Slices or a Split after it that share its channels among them.
/// </summary>
internal sealed class FuseChannelShuffle : IPass
{
    public string Name => nameof(FuseChannelShuffle);

    public int Run(Graph graph, PassLog log)
    {
        int fused = 0;
        foreach (Node node in graph.Walk())
        {
            bool changed = node.Operator switch
            {
                ViewOperator => Recognize(graph, node, log),
                ChannelShuffle shuffle => Join(graph, node, shuffle, log) || Cut(graph, node, shuffle, log),
                _ => false,
            };
            fused += changed ? 1 : 0;
        }
        return fused;
    }

    private static bool Recognize(Graph graph, Node last, PassLog log)
    {
        if (last.ProducerOf<Transpose>(0) is not { } transpose || transpose.ProducerOf<ViewOperator>(0) is not { } first
            || first.Input(0) is not { Info.IsKnown: true } x || !first.Outputs[0].Info.IsKnown || last.Outputs[0].Info != x.Info)
        {
            return false;
        }
        int[] permutation = ((Transpose)transpose.Operator).Permutation;
        Shape grouped = first.Outputs[0].Info.KnownShape;
        Shape shape = x.Info.KnownShape;
        bool swaps = permutation is [0, 2, 1, ..] && permutation.Skip(3).SequenceEqual(Enumerable.Range(3, permutation.Length - 3));
        if (!swaps || shape.Rank < 2 || grouped[0] != shape[0] || (long)grouped[1] * grouped[2] != shape[1] || grouped[1] == 0
            || graph.WhyNotPrivate(first.Outputs[0]) is not null || graph.WhyNotPrivate(transpose.Outputs[0]) is not null)
        {
            return false;
        }
        graph.Fuse(log, transpose.Name, new ChannelShuffle { Groups = grouped[1] }, [x], first, transpose, last);
        return true;
    }

    /// <summary>The inputs of a Concat become inputs of the shuffle.</summary>
    private static bool Join(Graph graph, Node node, ChannelShuffle shuffle, PassLog log)
    {
        if (node.Inputs.Count != 1 || node.ProducerOf<Concat>(0) is not { } concat || AxisOf(((Concat)concat.Operator).Axis, node) != 1)
        {
            return false;
        }
        if (graph.WhyNotPrivate(concat.Outputs[0]) is { } reason)
        {
            log.Skipped(node, $"{concat.Place} is not taken over: {reason}");
            return false;
        }
        graph.Fuse(log, node.Name, shuffle, concat.Inputs, concat, node);
        return true;
    }

    /// <summary>The outputs of the readers become outputs of the shuffle.</summary>
    private static bool Cut(Graph graph, Node node, ChannelShuffle shuffle, PassLog log)
    {
        Value output = node.Outputs[0];
        if (node.Outputs.Count != 1 || graph.IsOutput(output) || output.Consumers.Count == 0 || PartsOf(node, output) is not { } parts)
        {
            return false;
        }
        Node[] readers = [.. output.Consumers.Distinct()];
        log.Rewrote([node, .. readers]);
        int[] sizes = [.. parts.Select(p => p.Info.KnownShape[1])];
        Node cut = graph.AddNode(node.Name, shuffle with { Sizes = sizes }, node.Inputs, [.. parts.Select(p => p.Name)], before: node);
        for (int i = 0; i < parts.Length; i++)
        {
            graph.ReplaceUses(parts[i], cut.Outputs[i]);
        }
        foreach (Node reader in readers)
        {
            graph.Remove(reader);
        }
        graph.Remove(node);
        return true;
    }

    /// <summary>What the readers of <paramref name="output"/> make of it, in the order of its channels; null where some are left or taken twice.</summary>
    private static Value[]? PartsOf(Node node, Value output)
    {
        if (output.Consumers is [{ Operator: Split split } reader])
        {
            return AxisOf(split.Axis, node) == 1 && reader.Outputs.All(o => o.Info.IsKnown) ? [.. reader.Outputs] : null;
        }
        var parts = new List<(int Start, Value Value)>();
        foreach (Node slice in output.Consumers)
        {
            if (slice.Operator is not Slice { Starts: [var start], Axes: [var axis] } op || AxisOf(axis, node) != 1 || !(op.Steps is null or [1])
                || slice.Inputs.Count != 1 || !slice.Outputs[0].Info.IsKnown)
            {
                return null;
            }
            int channels = output.Info.KnownShape[1];
            parts.Add((Math.Clamp(start < 0 ? start + channels : start, 0, channels), slice.Outputs[0]));
        }
        int next = 0;
        foreach ((int start, Value value) in parts.OrderBy(p => p.Start))
        {
            if (start != next)
            {
                return null;
            }
            next += value.Info.KnownShape[1];
        }
        return next == output.Info.KnownShape[1] ? [.. parts.OrderBy(p => p.Start).Select(p => p.Value)] : null;
    }

    private static int AxisOf(int axis, Node node) => axis < 0 && node.Outputs[0].Info.Shape is { } shape ? axis + shape.Rank : axis;
}
