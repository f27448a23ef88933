using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Cleanup;

/// <summary>
/// Removes operators whose output equals an input: Identity, Cast to the same type, Reshape to the same shape, Transpose that
/// keeps the order, pooling over windows of one element, + 0, * 1 and the like. Where a graph input or another output would have to be renamed, an Identity stays.
/// </summary>
internal sealed class EliminateIdentity : IPass
{
    public string Name => nameof(EliminateIdentity);

    public int Run(Graph graph, PassLog log)
    {
        int removed = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Outputs.Skip(1).All(o => o.Consumers.Count == 0 && !graph.IsOutput(o)) && EqualInput(node) is { } value)
            {
                removed += Remove(graph, node, value, log) ? 1 : 0;
            }
        }
        return removed;
    }

    private static bool Remove(Graph graph, Node node, Value value, PassLog log)
    {
        string text = $"{node.Place} changes nothing";
        if (graph.Bypass(node, value) is { } reason)
        {
            log.Skipped(node, reason);
            if (node.Operator is Identity || node.Outputs.Count > 1)
            {
                return false;
            }
            graph.Replace(node, new Identity(), [value]);
        }
        log.Rewrote(text);
        return true;
    }

    /// <summary>The input that the output equals, or null.</summary>
    private static Value? EqualInput(Node node)
    {
        if (node.Operator is Binary)
        {
            return NeutralOperand(node);
        }
        if (node.Input(0) is not { } x)
        {
            return null;
        }
        bool same = x.Info.IsKnown && x.Info == node.Outputs[0].Info;
        bool equal = node.Operator switch
        {
            Identity => true,
            Cast or Expand or Tile or { ViewOf: 0 } => same,
            Concat => node.Inputs.Count == 1,
            MaxPool or AveragePool => same && PoolsNothing((PoolOperator)node.Operator),
            Pad pad => same && pad.Pads is { } pads && pads.All(p => p == 0),
            Slice slice => same && WalksForward(node, slice),
            Transpose transpose => same && transpose.Permutation.SequenceEqual(transpose.Permutation.Order()),
            _ => false,
        };
        return equal ? x : null;
    }

    private static bool PoolsNothing(PoolOperator pool) => pool.Kernel.All(k => k == 1) && pool.Strides.All(s => s == 1) && pool.Pads.All(p => p == 0);

    private static bool WalksForward(Node node, Slice slice) =>
        slice.Steps?.All(s => s > 0) ?? (node.Input(4) is not { } steps || (steps.Constant?.ToInt64().All(s => s > 0) ?? false));

    /// <summary>x of x + 0, x - 0, x * 1 and x / 1.</summary>
    private static Value? NeutralOperand(Node node)
    {
        for (int index = 0; index < 2; index++)
        {
            double? neutral = (node.Operator.Kind, index) switch
            {
                ("Add", _) or ("Sub", 0) => 0,
                ("Mul", _) or ("Div", 0) => 1,
                _ => null,
            };
            if (node.IsPlain(node.Operator.Kind) && neutral is not null && node.Input(1 - index).Uniform() == neutral
                && node.Input(index)!.Info.IsKnown && node.Input(index)!.Info == node.Outputs[0].Info)
            {
                return node.Input(index);
            }
        }
        return null;
    }
}
