using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>Nodes that options name.</summary>
internal static class NamedNodes
{
    /// <param name="source">What lists names that can be given.</param>
    /// <exception cref="EdgeException">The graph has no node of one of the names.</exception>
    public static void Require(Graph graph, IEnumerable<string> names, string source)
    {
        HashSet<string> known = [.. graph.Nodes.Select(n => n.Name)];
        if (names.FirstOrDefault(n => !known.Contains(n)) is { } unknown)
        {
            throw new EdgeException(
                EdgeError.BadOption, $"the model has no node '{unknown}' when it is quantized: fused nodes have the name of the first", $"take a name that {source} lists", unknown);
        }
    }
}
