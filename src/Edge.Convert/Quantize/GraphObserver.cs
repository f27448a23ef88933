using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>Runs a graph on samples and shows every float32 value that nodes compute.</summary>
internal sealed class GraphObserver : IDisposable
{
    private readonly InferenceSession _session;
    private readonly Graph _copy;
    private readonly List<Value> _observed = [];

    public GraphObserver(Graph graph)
    {
        _copy = new Graph(graph.Name);
        var copies = new Dictionary<Value, Value>();
        foreach (Value input in graph.Inputs)
        {
            copies[input] = _copy.AddInput(input.Name, input.Info);
        }
        foreach (Node node in graph.Nodes)
        {
            Value?[] inputs = [.. node.Inputs.Select(v => v is null ? null : v.Constant is { } constant ? _copy.AddConstant(v.Name, constant) : copies[v])];
            Node added = _copy.AddNode(node.Name, node.Operator, inputs, [.. node.Outputs.Select(o => o.Name)]);
            for (int i = 0; i < added.Outputs.Count; i++)
            {
                copies[node.Outputs[i]] = added.Outputs[i];
                if (node.Outputs[i].Info is { Type: DataType.F32, IsKnown: true } info && info.KnownShape.Count > 0)
                {
                    _observed.Add(node.Outputs[i]);
                    _copy.AddOutput(added.Outputs[i]);
                }
            }
        }
        if (_observed.Count == 0)
        {
            _copy.AddOutput(copies[graph.Outputs[0]]);
        }
        _session = new InferenceSession(_copy, new SessionOptions { Threads = 1 });
    }

    /// <summary>Runs a sample and calls <paramref name="see"/> with every float32 input and every value.</summary>
    public void Run(Graph graph, Tensor[] sample, Action<Value, Tensor> see)
    {
        Tensor[] values = _session.Run(sample);
        for (int i = 0; i < graph.Inputs.Count; i++)
        {
            if (graph.Inputs[i].Info.Type == DataType.F32)
            {
                see(graph.Inputs[i], sample[i]);
            }
        }
        for (int i = 0; i < _observed.Count; i++)
        {
            see(_observed[i], values[i]);
        }
    }

    public void Dispose() => _session.Dispose();
}
