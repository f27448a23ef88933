using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Streaming;

/// <summary>
/// Runs a model over windows of a stream, a hop at a time; feature maps are kept from window to window (<see cref="IncrementalGraph"/>). The
/// first window, and the first after <see cref="Reset"/>, is computed as a whole. Allocates nothing per hop. Not thread-safe.
/// </summary>
public sealed class IncrementalSession : IDisposable
{
    private readonly InferenceSession _whole;
    private readonly InferenceSession _step;
    private readonly Tensor[] _states;
    private readonly float[] _window;
    private readonly int _channels;
    private readonly int _outputs;
    private bool _isPrimed;

    /// <param name="model">One float32 input whose last axis is time, and float32 outputs.</param>
    /// <param name="hop">Samples from window to window.</param>
    /// <exception cref="EdgeException">The model does not fit, or nothing of it can be kept.</exception>
    public IncrementalSession(Graph model, int hop, SessionOptions? options = null)
    {
        Hop = hop;
        IncrementalGraph step = IncrementalGraph.Create(model, hop);
        _states = [.. step.StateInfos.Select(i => Tensor.Allocate(i))];
        _outputs = model.Outputs.Count;
        Shape window = model.Inputs[0].Info.KnownShape;
        _window = new float[window.Count];
        _channels = (int)(window.Count / window[^1]);
        Graph whole = WithStates(model, step);
        _step = new InferenceSession(step.Graph, options);
        try
        {
            _whole = new InferenceSession(whole, options);
        }
        catch
        {
            _step.Dispose();
            throw;
        }
    }

    /// <summary>Samples from window to window.</summary>
    public int Hop { get; }

    /// <summary>Samples of a window, per channel.</summary>
    public int Window => _window.Length / _channels;

    /// <summary>Multiply-adds of a whole window, and of a hop.</summary>
    public (long Window, long Hop) MultiplyAdds => (Sum(_whole), Sum(_step));

    /// <summary>Forgets the stream: the next call of <see cref="Run"/> gives a whole window.</summary>
    public void Reset() => _isPrimed = false;

    /// <summary>Computes the next window.</summary>
    /// <param name="samples">A whole window the first time, afterwards the <see cref="Hop"/> samples that follow; one channel after the other.</param>
    /// <exception cref="EdgeException">The number of samples is another one.</exception>
    public void Run(ReadOnlySpan<float> samples)
    {
        int count = _isPrimed ? Hop : Window;
        if (samples.Length != count * _channels)
        {
            throw new EdgeException(EdgeError.BadInput, $"{samples.Length} samples are given, expected {count * _channels}", _isPrimed ? "give one hop" : "give a whole window first");
        }
        for (int c = 0; c < _channels; c++)
        {
            Span<float> channel = _window.AsSpan(c * Window, Window);
            channel[count..].CopyTo(channel);
            samples.Slice(c * count, count).CopyTo(channel[(Window - count)..]);
        }
        InferenceSession session = _isPrimed ? _step : _whole;
        session.SetInput<float>(0, _window);
        for (int i = 0; _isPrimed && i < _states.Length; i++)
        {
            session.SetInput(i + 1, _states[i]);
        }
        session.Execute();
        for (int i = 0; i < _states.Length; i++)
        {
            session.ReadOutput(_outputs + i, _states[i]);
        }
        Current = session;
        _isPrimed = true;
    }

    /// <summary>Copies an output of the last window.</summary>
    public void ReadOutput(int index, Span<float> values) => (Current ?? _whole).ReadOutput(index, values);

    public void Dispose()
    {
        _whole.Dispose();
        _step.Dispose();
    }

    private InferenceSession? Current { get; set; }

    private static long Sum(InferenceSession session) => session.Plan.Steps.Sum(s => ModelSummary.MultiplyAddsOf(s.Node));

    /// <summary>The model with its kept feature maps as further outputs.</summary>
    private static Graph WithStates(Graph model, IncrementalGraph step)
    {
        var copy = new Graph(model.Name);
        var values = new Dictionary<Value, Value> { [model.Inputs[0]] = copy.AddInput(model.Inputs[0].Name, model.Inputs[0].Info) };
        foreach (Node node in model.Nodes)
        {
            Node made = copy.AddNode(node.Name, node.Operator, [.. node.Inputs.Select(v => v is null || v.IsConstant ? v : values[v])], [.. node.Outputs.Select(o => o.Name)]);
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                values[node.Outputs[i]] = made.Outputs[i];
            }
        }
        foreach (Value output in model.Outputs)
        {
            copy.AddOutput(values[output]);
        }
        foreach (Value kept in step.KeptValues)
        {
            copy.AddOutput(values[kept]);
        }
        return copy;
    }
}
