using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Graphs;

/// <summary>
/// Checks what every <see cref="Graph"/> has to be: values and nodes know each other in both directions, every value is
/// computed before it is read, names are unique, outputs exist, and stored types and shapes are the inferred ones.
/// </summary>
public static class GraphValidator
{
    /// <exception cref="EdgeException">The first rule that is broken (EC1301); the place is the node.</exception>
    public static void Validate(Graph graph)
    {
        var members = new HashSet<Node>(graph.Nodes);
        Require(members.Count == graph.Nodes.Count, null, "a node is listed twice");
        var available = new HashSet<Value>();
        foreach (Value input in graph.Inputs)
        {
            Require(available.Add(input), null, $"the input '{input.Name}' is listed twice");
            Require(input.Producer is null && !input.IsConstant, null, $"the input '{input.Name}' is also a constant or computed by a node");
        }
        foreach (Node node in graph.Nodes)
        {
            CheckInputs(node, available);
            CheckOutputs(node, available);
            CheckInfos(node);
        }
        CheckGraphOutputs(graph, available);
        CheckConsumers(graph, members);
        CheckNames(graph);
    }

    private static void CheckInputs(Node node, HashSet<Value> available)
    {
        foreach (Value input in node.Inputs.OfType<Value>())
        {
            int slots = node.Inputs.Count(i => i == input);
            int uses = input.Consumers.Count(c => c == node);
            Require(slots == uses, node, $"it reads '{input.Name}' {slots} times, the value lists it {uses} times as a reader");
            Require(input.IsConstant || input.IsVariable || available.Contains(input), node, $"it reads '{input.Name}', which is not computed before it");
        }
    }

    private static void CheckOutputs(Node node, HashSet<Value> available)
    {
        foreach (Value output in node.Outputs)
        {
            Require(output.Producer == node, node, $"its output '{output.Name}' names another producer");
            Require(!output.IsConstant, node, $"its output '{output.Name}' is a constant");
            Require(available.Add(output), node, $"its output '{output.Name}' is also computed elsewhere");
        }
    }

    private static void CheckInfos(Node node)
    {
        TensorInfo[] infos;
        try
        {
            infos = node.Operator.InferOutputs(new OperatorInputs(node.Inputs, node.Outputs.Count));
        }
        catch (EdgeException exception)
        {
            throw new EdgeException(EdgeError.InvalidGraph, $"its inputs do not fit: {exception.Problem}", place: node.Place, inner: exception);
        }
        for (int i = 0; i < infos.Length; i++)
        {
            TensorInfo stored = node.Outputs[i].Info;
            Require(SameInfo(stored, infos[i]), node, $"output {i} '{node.Outputs[i].Name}' is stored as {stored}, the operator infers {infos[i]}");
        }
    }

    private static bool SameInfo(TensorInfo a, TensorInfo b) => a.Type == b.Type && a.Shape == b.Shape && SameQuant(a.Quant, b.Quant);

    private static bool SameQuant(QuantParams? a, QuantParams? b) =>
        a is null || b is null
            ? a is null && b is null
            : a.Axis == b.Axis && a.Scales.AsSpan().SequenceEqual(b.Scales) && a.ZeroPoints.AsSpan().SequenceEqual(b.ZeroPoints);

    private static void CheckGraphOutputs(Graph graph, HashSet<Value> available)
    {
        Require(graph.Outputs.Count > 0, null, "the graph has no outputs");
        foreach (Value output in graph.Outputs)
        {
            Require(output.IsConstant || output.IsVariable || available.Contains(output), null, $"the graph output '{output.Name}' is never computed");
        }
    }

    private static void CheckConsumers(Graph graph, HashSet<Node> members)
    {
        foreach (Value value in graph.Values())
        {
            foreach (Node consumer in value.Consumers)
            {
                Require(members.Contains(consumer), consumer, $"it reads '{value.Name}' but was removed from the graph");
                Require(consumer.Inputs.Contains(value), consumer, $"'{value.Name}' lists it as a reader, which it is not");
            }
        }
    }

    private static void CheckNames(Graph graph)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (Value value in graph.Values())
        {
            Require(names.Add(value.Name), value.Producer, $"two values are named '{value.Name}'");
        }
    }

    private static void Require(bool condition, Node? node, string problem)
    {
        if (!condition)
        {
            throw new EdgeException(EdgeError.InvalidGraph, problem, place: node?.Place);
        }
    }
}
