using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes;

/// <summary>The edits that passes are made of. All keep the names of graph outputs.</summary>
internal static class GraphRewriting
{
    /// <summary>The nodes as they are now; those that a rewrite has removed by the time they come up are left out.</summary>
    public static IEnumerable<Node> Walk(this Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Outputs[0].Producer == node)
            {
                yield return node;
            }
        }
    }

    /// <summary>Position of <paramref name="node"/> in the order of computation.</summary>
    public static int PositionOf(this Graph graph, Node node)
    {
        int position = 0;
        while (graph.Nodes[position] != node)
        {
            position++;
        }
        return position;
    }

    /// <summary>Why <paramref name="value"/> cannot disappear into its one reader, or null where it can.</summary>
    public static string? WhyNotPrivate(this Graph graph, Value value) =>
        graph.IsOutput(value) ? $"'{value.Name}' is a graph output"
        : value.Consumers.Count != 1 ? $"'{value.Name}' is read {value.Consumers.Count} times"
        : null;

    /// <summary>
    /// The node that computes input <paramref name="index"/> of <paramref name="node"/>, where its operator is
    /// <typeparamref name="TOperator"/>; else null.
    /// </summary>
    public static Node? ProducerOf<TOperator>(this Node node, int index) where TOperator : Operator =>
        node.Input(index)?.Producer is { Operator: TOperator } producer ? producer : null;

    /// <summary>
    /// Replaces a chain of nodes by one that computes the outputs of the last. Nodes of the chain that are still read
    /// elsewhere stay.
    /// </summary>
    /// <param name="name">Name of the new node: that of the chain's main operator.</param>
    /// <param name="chain">In the order of the data flow; the new node takes the place of the last.</param>
    public static Node Fuse(this Graph graph, PassLog log, string name, Operator op, IReadOnlyList<Value?> inputs, params ReadOnlySpan<Node> chain)
    {
        log.Rewrote(chain);
        Node fused = graph.Replace(chain[^1], op, inputs);
        fused.Name = name;
        for (int i = chain.Length - 2; i >= 0; i--)
        {
            graph.RemoveIfDead(chain[i]);
        }
        return fused;
    }

    /// <summary>Removes a node whose outputs nobody reads any more.</summary>
    public static void RemoveIfDead(this Graph graph, Node node)
    {
        if (node.Outputs.All(o => o.Consumers.Count == 0 && !graph.IsOutput(o)))
        {
            graph.Remove(node);
        }
    }

    /// <summary>
    /// Removes a node whose only output equals <paramref name="value"/>: its readers read the value instead. Refused where
    /// a graph output would lose its name.
    /// </summary>
    /// <returns>Why it was refused, or null.</returns>
    public static string? Bypass(this Graph graph, Node node, Value value)
    {
        Value output = node.Outputs[0];
        if (graph.IsOutput(output))
        {
            if (value.Constant is { } tensor)
            {
                value = graph.AddConstant(output.Name, tensor);
            }
            else if (value.Producer is null || graph.IsOutput(value))
            {
                return $"it copies '{value.Name}' to the graph output '{output.Name}'";
            }
            else
            {
                value.Name = output.Name;
            }
        }
        graph.ReplaceUses(output, value);
        graph.Remove(node);
        return null;
    }

    /// <summary>The nodes that read <paramref name="old"/> read <paramref name="replacement"/> instead; graph outputs stay.</summary>
    public static void ReplaceReads(this Value old, Value replacement, Node? except = null)
    {
        foreach (Node node in old.Consumers.Distinct().Where(n => n != except).ToArray())
        {
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i] == old)
                {
                    node.SetInput(i, replacement);
                }
            }
        }
    }

    /// <summary>Puts constants in the place of all outputs of a node and removes it.</summary>
    public static void ReplaceByConstants(this Graph graph, Node node, Tensor[] constants)
    {
        for (int i = 0; i < constants.Length; i++)
        {
            graph.ReplaceUses(node.Outputs[i], graph.AddConstant(node.Outputs[i].Name, constants[i]));
        }
        graph.Remove(node);
    }
}
