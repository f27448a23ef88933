using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Bench.Inference;

/// <summary>Edge. A run copies the input into the arena and the outputs out of it, as a caller's would.</summary>
public sealed class EdgeInference : IInference
{
    private readonly InferenceSession _session;
    private readonly IReadOnlyList<Tensor> _inputs;
    private readonly Tensor?[] _outputs;

    public EdgeInference(Graph graph, IReadOnlyList<Tensor> inputs, int threads)
    {
        _session = new InferenceSession(graph, new SessionOptions { Threads = threads });
        _inputs = inputs;
        _outputs = [.. _session.Outputs.Select(o => o.Info.IsKnown ? Tensor.Allocate(o.Info) : null)];
    }

    public string Name => "Edge";

    public void Run()
    {
        for (int i = 0; i < _inputs.Count; i++)
        {
            _session.SetInput(i, _inputs[i]);
        }
        _session.Execute();
        for (int i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i] is { } output)
            {
                _session.ReadOutput(i, output);
            }
        }
    }

    public Tensor[] Outputs() => [.. _outputs.Select((o, i) => o?.Clone() ?? _session.ReadOutput(i))];

    public void Dispose() => _session.Dispose();
}
