using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Planning;

/// <summary>
/// Weights that a file keeps small (float16, or integers with scales) become float32 once, when a plan is made, instead of in every run.
/// </summary>
internal static class WeightExpansion
{
    /// <summary>
    /// The graph with constants in the place of Cast, DequantizeLinear and GroupDequantize of constants, and the node of the original for each of its nodes; the graph itself
    /// where it has none of them.
    /// </summary>
    public static (Graph Graph, Dictionary<Node, Node> Originals) Apply(Graph graph, KernelQuery query)
    {
        var originals = new Dictionary<Node, Node>();
        if (!graph.Nodes.Any(IsStored))
        {
            return (graph, originals);
        }
        var target = new Graph(graph.Name);
        var copies = new Dictionary<Value, Value>();
        foreach (Value input in graph.Inputs)
        {
            copies[input] = target.AddInput(input.Name, input.Info);
        }
        foreach (Node node in graph.Nodes)
        {
            if (IsStored(node) && !graph.IsOutput(node.Outputs[0]))
            {
                copies[node.Outputs[0]] = target.AddConstant(node.Outputs[0].Name, Expand(node, query));
                continue;
            }
            Value?[] inputs = [.. node.Inputs.Select(v => v is null ? null : Copy(v))];
            Value[] outputs = [.. node.Outputs.Select(o => Graph.Declare(o.Name, o.Info))];
            originals[target.AddNode(node.Name, node.Operator, inputs, outputs)] = node;
            for (int i = 0; i < outputs.Length; i++)
            {
                copies[node.Outputs[i]] = outputs[i];
            }
        }
        foreach (Value output in graph.Outputs)
        {
            target.AddOutput(Copy(output));
        }
        return (target, originals);

        Value Copy(Value value)
        {
            if (!copies.TryGetValue(value, out Value? copy))
            {
                copy = target.AddConstant(value.Name, value.Constant ?? throw new InvalidOperationException($"{value.Name} is read before it is computed"));
                copies[value] = copy;
            }
            return copy;
        }
    }

    private static bool IsStored(Node node) =>
        node.Operator is Cast or DequantizeLinear or GroupDequantize && node.Inputs.All(v => v is null or { IsConstant: true }) && node.Outputs[0].Info is { IsKnown: true, Type: DataType.F32 };

    private static unsafe Tensor Expand(Node node, KernelQuery query)
    {
        Tensor result = Tensor.Allocate(node.Outputs[0].Info);
        var request = new KernelRequest(new OperatorInputs(node.Inputs, 1), [node.Outputs[0].Info], query);
        using Kernel kernel = node.Operator.CreateKernel(request).Kernel;
        Tensor?[] inputs = [.. node.Inputs.Select(v => v?.Constant)];
        kernel.BindConstants(inputs);
        using var scratch = new AlignedBuffer(kernel.ScratchBytes);
        byte** sources = stackalloc byte*[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            sources[i] = inputs[i] is { } tensor ? tensor.Data : null;
        }
        byte* target = result.Data;
        kernel.Run(new KernelContext(sources, &target, scratch.Data, WorkerPool.Single));
        GC.KeepAlive(inputs);
        return result;
    }
}
