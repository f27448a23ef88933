using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Training;

/// <summary>Copies of graphs and of parts of them. Constants are shared.</summary>
internal static class GraphCopy
{
    /// <summary>The nodes of a graph that compute <paramref name="outputs"/>, from the same inputs.</summary>
    public static Graph Extract(Graph source, IReadOnlyList<Value> outputs)
    {
        var needed = new HashSet<Value>(outputs);
        for (int i = source.Nodes.Count - 1; i >= 0; i--)
        {
            if (source.Nodes[i].Outputs.Any(needed.Contains))
            {
                needed.UnionWith(source.Nodes[i].Inputs.OfType<Value>());
            }
        }
        return Copy(source, outputs, node => node.Outputs.Any(needed.Contains), new Dictionary<Value, Tensor>());
    }

    /// <summary>The whole graph with other constants.</summary>
    public static Graph WithConstants(Graph source, IReadOnlyDictionary<Value, Tensor> constants) => Copy(source, source.Outputs, _ => true, constants);

    private static Graph Copy(Graph source, IReadOnlyList<Value> outputs, Func<Node, bool> keeps, IReadOnlyDictionary<Value, Tensor> constants)
    {
        var target = new Graph(source.Name);
        var copies = new Dictionary<Value, Value>();
        foreach (Value input in source.Inputs)
        {
            copies[input] = target.AddInput(input.Name, input.Info);
        }
        Value Of(Value value)
        {
            if (!copies.TryGetValue(value, out Value? copy))
            {
                copy = target.AddConstant(value.Name, constants.GetValueOrDefault(value) ?? value.Constant!);
                copies[value] = copy;
            }
            return copy;
        }
        foreach (Node node in source.Nodes.Where(keeps))
        {
            Node copy = target.AddNode(node.Name, node.Operator, [.. node.Inputs.Select(v => v is null ? null : Of(v))], [.. node.Outputs.Select(o => o.Name)]);
            for (int i = 0; i < copy.Outputs.Count; i++)
            {
                copies[node.Outputs[i]] = copy.Outputs[i];
            }
        }
        foreach (Value output in outputs)
        {
            target.AddOutput(Of(output));
        }
        return target;
    }
}
