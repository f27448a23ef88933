using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>Runs a graph on samples and shows values that nodes compute: all of float32, or those that are asked for.</summary>
internal sealed class GraphObserver : IDisposable
{
    private readonly InferenceSession _session;
    private readonly List<Value> _observed = [];

    /// <param name="wanted">The values to show; null = all of float32.</param>
    public GraphObserver(Graph graph, Func<Value, bool>? wanted = null)
    {
        wanted ??= value => value.Info.Type == DataType.F32;
        Graph copy = Copy(graph, out Dictionary<Value, Value> copies);
        foreach (Value value in graph.Nodes.SelectMany(n => n.Outputs).Where(v => v.Info.IsKnown && v.Info.KnownShape.Count > 0 && wanted(v)))
        {
            _observed.Add(value);
            copy.AddOutput(copies[value]);
        }
        if (_observed.Count == 0)
        {
            copy.AddOutput(copies[graph.Outputs[0]]);
        }
        _session = new InferenceSession(copy, new SessionOptions()); // what is computed does not depend on the number of threads
    }

    /// <summary>The same inputs and nodes on the same constants, without outputs.</summary>
    public static Graph Copy(Graph graph, out Dictionary<Value, Value> copies)
    {
        var copy = new Graph(graph.Name);
        copies = [];
        foreach (Value input in graph.Inputs)
        {
            copies[input] = copy.AddInput(input.Name, input.Info);
        }
        foreach (Node node in graph.Nodes)
        {
            Value?[] inputs = new Value?[node.Inputs.Count];
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = node.Inputs[i] is not { } v ? null : v.Constant is { } constant ? copy.AddConstant(v.Name, constant) : copies[v];
            }
            Node added = copy.AddNode(node.Name, node.Operator, inputs, [.. node.Outputs.Select(o => o.Name)]);
            for (int i = 0; i < added.Outputs.Count; i++)
            {
                copies[node.Outputs[i]] = added.Outputs[i];
            }
        }
        return copy;
    }

    /// <summary>Runs a sample: every float32 input and every value that is shown. Tensors are valid until the next run.</summary>
    public IReadOnlyList<(Value Value, Tensor Tensor)> Run(Graph graph, Tensor[] sample)
    {
        for (int i = 0; i < sample.Length; i++)
        {
            _session.SetInput(i, sample[i]);
        }
        _session.Execute();
        return
        [
            .. graph.Inputs.Select((v, i) => (v, sample[i])).Where(p => p.v.Info.Type == DataType.F32),
            .. _observed.Select((v, i) => (v, _session.ViewOutput(i))),
        ];
    }

    /// <summary>The same, calling <paramref name="see"/> with each.</summary>
    public void Run(Graph graph, Tensor[] sample, Action<Value, Tensor> see)
    {
        foreach ((Value value, Tensor tensor) in Run(graph, sample))
        {
            see(value, tensor);
        }
    }

    public void Dispose() => _session.Dispose();
}
