using Edge.Runtime.Graphs;

namespace Edge.Runtime.Training;

/// <summary>
/// Memory for time: of the forward half only some values are kept for the backward half, which computes the others again from
/// these just before it reads them (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016). The results are the same bits.
/// </summary>
internal sealed class Recomputation
{
    private readonly Graph _graph;
    private readonly HashSet<Value> _kept = [];
    private readonly Dictionary<Value, Value> _again = [];

    /// <param name="graph">The forward half.</param>
    /// <param name="every">One of so many nodes is kept, at least 2.</param>
    public Recomputation(Graph graph, int every)
    {
        _graph = graph;
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            if (i % every == every - 1)
            {
                _kept.UnionWith(graph.Nodes[i].Outputs);
            }
        }
    }

    /// <summary>The value as the backward half reads it.</summary>
    public Value Forward(Value value)
    {
        if (value.Producer is not { } node || _kept.Contains(value))
        {
            return value;
        }
        if (!_again.TryGetValue(value, out Value? again))
        {
            Value?[] inputs = [.. node.Inputs.Select(v => v is null ? null : Forward(v))];
            Node copy = _graph.AddNode($"{node.Name}/again", node.Operator, inputs, [.. node.Outputs.Select(o => $"{o.Name}/again")]);
            for (int i = 0; i < copy.Outputs.Count; i++)
            {
                _again[node.Outputs[i]] = copy.Outputs[i];
            }
            again = _again[value];
        }
        return again;
    }
}
