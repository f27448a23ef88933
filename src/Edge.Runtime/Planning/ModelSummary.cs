using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Planning;

/// <summary>A graph in numbers.</summary>
/// <param name="Parameters">Elements of all constants, without the integers and flags that steer shapes.</param>
/// <param name="MultiplyAdds">Multiply-adds of one inference; nodes whose shapes depend on data are not counted.</param>
/// <param name="WeightBytes">Bytes of all constants.</param>
/// <param name="Operators">How often each operator occurs, most frequent first.</param>
public sealed record ModelSummary(int Nodes, long Parameters, long MultiplyAdds, long WeightBytes, IReadOnlyList<KeyValuePair<string, int>> Operators)
{
    public static ModelSummary Of(Graph graph)
    {
        Tensor[] constants = [.. graph.Values().Where(v => v.IsConstant).Select(v => v.Constant!)];
        return new ModelSummary(
            graph.Nodes.Count,
            constants.Where(c => c.Type is not (DataType.S64 or DataType.Bool)).Sum(c => c.Count),
            graph.Nodes.Sum(n => MultiplyAddsOf(n)),
            constants.Sum(c => c.Bytes),
            [.. graph.Nodes.CountBy(n => n.Operator.Kind).OrderByDescending(p => p.Value).ThenBy(p => p.Key, StringComparer.Ordinal)]);
    }

    /// <summary>Multiply-adds of one node; 0 where a shape depends on data.</summary>
    public static long MultiplyAddsOf(Node node)
    {
        var inputs = new OperatorInputs(node.Inputs, node.Outputs.Count);
        if (!inputs.AllKnown || node.Outputs.Any(o => !o.Info.IsKnown))
        {
            return 0;
        }
        return node.Operator.EstimateCost(new KernelRequest(inputs, [.. node.Outputs.Select(o => o.Info)], KernelQuery.Default)).MultiplyAdds;
    }

    /// <summary>Bytes that the nodes of a graph read and write, every operand and result once per node; views and unknown shapes count nothing.</summary>
    /// <remarks>A floating-point number: the sum over a hostile file passes 64 bits.</remarks>
    public static double TrafficOf(Graph graph) => graph.Nodes
        .Where(n => n.Operator.ViewOf is null)
        .Sum(n => n.Inputs.Concat(n.Outputs).Sum(v => v is { Info.IsKnown: true } ? (double)v.Info.Bytes : 0));
}
