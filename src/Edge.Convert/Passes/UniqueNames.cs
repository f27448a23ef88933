using Edge.Runtime.Graphs;

namespace Edge.Convert.Passes;

/// <summary>
/// Gives every value and every node a name of its own: the second <c>a</c> becomes <c>a~2</c>. Graph inputs and outputs keep
/// their names.
/// </summary>
internal static class UniqueNames
{
    public static void Apply(Graph graph)
    {
        var values = new HashSet<string>(StringComparer.Ordinal) { "" };
        foreach (Value value in graph.Inputs.Concat(graph.Outputs).Concat(graph.Values()).Distinct())
        {
            value.Name = Free(values, value.Name.Length > 0 ? value.Name : value.Producer?.Name ?? "value");
        }
        var nodes = new HashSet<string>(StringComparer.Ordinal) { "" };
        foreach (Node node in graph.Nodes)
        {
            node.Name = Free(nodes, node.Name.Length > 0 ? node.Name : node.Operator.Kind);
        }
    }

    private static string Free(HashSet<string> taken, string name)
    {
        string free = name;
        for (int i = 2; !taken.Add(free); i++)
        {
            free = FormattableString.Invariant($"{name}~{i}");
        }
        return free;
    }
}
