using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Layout;

/// <summary>
/// Joins a Transpose with the one before it, also across elementwise operators that nothing else reads. Where both undo each
/// other, the result is an identity, which <see cref="Cleanup.EliminateIdentity"/> removes.
/// </summary>
internal sealed class CancelTransposes : IPass
{
    public string Name => nameof(CancelTransposes);

    public int Run(Graph graph, PassLog log)
    {
        int joined = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Operator is Transpose outer)
            {
                joined += Join(graph, node, outer, log) || JoinAcross(graph, node, outer, log) ? 1 : 0;
            }
        }
        return joined;
    }

    private static bool Join(Graph graph, Node node, Transpose outer, PassLog log)
    {
        if (node.ProducerOf<Transpose>(0) is not { } before)
        {
            return false;
        }
        graph.Fuse(log, node.Name, Compose((Transpose)before.Operator, outer), before.Inputs, before, node);
        return true;
    }

    private static bool JoinAcross(Graph graph, Node node, Transpose outer, PassLog log)
    {
        var chain = new List<(Node Node, int Index)>();
        Value value = node.Input(0)!;
        while (value.Producer is { } producer && graph.WhyNotPrivate(value) is null && ElementwiseInput(producer) is { } index)
        {
            chain.Add((producer, index));
            value = producer.Input(index)!;
        }
        if (chain.Count == 0 || value.Producer is not { Operator: Transpose inner } before || graph.WhyNotPrivate(value) is not null)
        {
            return false;
        }
        log.Rewrote([before, .. chain.Select(c => c.Node).Reverse(), node]);
        chain[^1].Node.SetInput(chain[^1].Index, before.Input(0));
        node.Operator = Compose(inner, outer);
        graph.Remove(before);
        graph.InferAll();
        return true;
    }

    /// <summary>The input whose axes the output has, for operators that treat all elements alike; else null.</summary>
    private static int? ElementwiseInput(Node node) => node.Operator switch
    {
        Unary or Cast => 0,
        Binary when node.Input(1) is { IsConstant: true, Constant.Count: 1 } other && other.Info.KnownShape.Rank <= node.Input(0)!.Info.Shape?.Rank => 0,
        Binary when node.Input(0) is { IsConstant: true, Constant.Count: 1 } other && other.Info.KnownShape.Rank <= node.Input(1)!.Info.Shape?.Rank => 1,
        _ => null,
    };

    private static Transpose Compose(Transpose inner, Transpose outer) => new() { Permutation = [.. outer.Permutation.Select(axis => inner.Permutation[axis])] };
}
