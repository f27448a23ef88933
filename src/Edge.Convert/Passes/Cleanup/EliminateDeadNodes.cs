using Edge.Runtime.Graphs;

namespace Edge.Convert.Passes.Cleanup;

/// <summary>Removes nodes whose outputs nobody reads.</summary>
internal sealed class EliminateDeadNodes : IPass
{
    public string Name => nameof(EliminateDeadNodes);

    public int Run(Graph graph, PassLog log)
    {
        int removed = 0;
        foreach (Node node in graph.Nodes.Reverse().ToArray())
        {
            if (node.Outputs.All(o => o.Consumers.Count == 0 && !graph.IsOutput(o)))
            {
                graph.Remove(node);
                log.Rewrote($"{node.Place} is never read");
                removed++;
            }
        }
        return removed;
    }
}
