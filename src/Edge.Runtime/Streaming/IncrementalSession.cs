using System.Runtime.InteropServices;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Streaming;

/// <summary>
/// Runs a model over windows of a stream, a hop at a time; of each feature map the columns are kept that later hops read
/// (<see cref="IncrementalGraph"/>): a few per layer where windows are not padded, up to a window where the padded beginning has to be
/// computed again. The first window, and the first after <see cref="Reset"/>, is computed as a whole, in memory that is given back
/// with the next hop. Allocates nothing per hop. Not thread-safe.
/// </summary>
public sealed class IncrementalSession : IDisposable
{
    private readonly Graph _model;
    private readonly SessionOptions? _options;
    private readonly InferenceSession _step;
    private readonly History[] _histories;
    private readonly (History History, int Bytes, Tensor Columns)[] _reads;
    private readonly int _samples;
    private InferenceSession? _whole;
    private bool _hasWindow;

    /// <param name="model">One float32 input whose last axis is time, and float32 outputs.</param>
    /// <param name="hop">Samples from window to window.</param>
    /// <exception cref="EdgeException">The model does not fit, or nothing of it can be kept.</exception>
    public IncrementalSession(Graph model, int hop, SessionOptions? options = null)
    {
        _model = model;
        _options = options;
        Hop = hop;
        IncrementalGraph step = IncrementalGraph.Create(model, hop);
        _samples = (int)model.Inputs[0].Info.KnownShape.Count;
        _histories = [.. step.Histories.Select(p => new History(p))];
        _reads = [.. step.Requests.Select(r =>
        {
            History history = _histories.First(h => h.Plan.Source == r.Source);
            return (history, (r.From - history.Plan.From) * history.ElementBytes, Tensor.Allocate(r.Input.Info));
        })];
        MultiplyAdds = (model.Nodes.Sum(ModelSummary.MultiplyAddsOf), step.Graph.Nodes.Sum(ModelSummary.MultiplyAddsOf));
        _step = new InferenceSession(step.Graph, options);
    }

    /// <summary>Samples from window to window.</summary>
    public int Hop { get; }

    /// <summary>Samples of a window, per channel.</summary>
    public int Window => _model.Inputs[0].Info.KnownShape[^1];

    /// <summary>Multiply-adds of a whole window, and of a hop.</summary>
    public (long Window, long Hop) MultiplyAdds { get; }

    /// <summary>Bytes for feature maps: of the arena that a hop needs, and of what is kept from hop to hop.</summary>
    public (long Arena, long Kept) Bytes => (_step.Plan.ArenaBytes, _histories.Sum(h => h.Columns.Bytes));

    /// <summary>The next call of <see cref="Run"/> needs a hop, not a window.</summary>
    public bool HasWindow => _hasWindow;

    /// <summary>When set, time per step of the hops is recorded.</summary>
    public Profiler? Profiler => _step.Profiler;

    /// <summary>Forgets the stream: the next call of <see cref="Run"/> gives a whole window.</summary>
    public void Reset() => _hasWindow = false;

    /// <summary>Plans a whole window where the next call of <see cref="Run"/> needs one, so that the call itself only computes.</summary>
    public void Prepare() => _whole ??= _hasWindow ? null : new InferenceSession(WithHistories(), _options);

    /// <summary>Records time per step of the hops from here on.</summary>
    /// <param name="runs">Runs that are kept.</param>
    public void Profile(int runs) => _step.Profiler = new Profiler(_step.Plan, runs);

    /// <summary>Computes the next window.</summary>
    /// <param name="samples">A whole window the first time, afterwards the <see cref="Hop"/> samples that follow; one channel after the other.</param>
    /// <exception cref="EdgeException">The number of samples is another one.</exception>
    public void Run(ReadOnlySpan<float> samples)
    {
        int count = _hasWindow ? _samples / Window * Hop : _samples;
        if (samples.Length != count)
        {
            throw new EdgeException(EdgeError.BadInput, $"{samples.Length} samples are given, expected {count}", _hasWindow ? "give one hop" : "give a whole window first");
        }
        if (_hasWindow)
        {
            RunHop(samples);
        }
        else
        {
            RunWindow(samples);
        }
        _hasWindow = true;
    }

    /// <summary>Copies an output of the last window.</summary>
    public void ReadOutput(int index, Span<float> values) => (_whole ?? _step).ReadOutput(index, values);

    public void Dispose()
    {
        _whole?.Dispose();
        _step.Dispose();
    }

    private void RunHop(ReadOnlySpan<float> samples)
    {
        if (_whole is { } whole)
        {
            _whole = null;
            whole.Dispose();
        }
        _step.SetInput(0, samples);
        for (int i = 0; i < _reads.Length; i++)
        {
            _reads[i].History.Columns.Read(_reads[i].Bytes, _reads[i].Columns);
            _step.SetInput(i + 1, _reads[i].Columns);
        }
        _step.Execute();
        foreach (History history in _histories)
        {
            if (history.Plan.Output is { } output)
            {
                _step.ReadOutput(output, history.New!);
                history.Columns.Append(history.New!.ByteSpan());
            }
            else
            {
                history.Columns.Append(MemoryMarshal.AsBytes(samples));
            }
        }
    }

    private void RunWindow(ReadOnlySpan<float> samples)
    {
        Prepare();
        _whole!.SetInput(0, samples);
        _whole.Execute();
        int output = _model.Outputs.Count;
        foreach (History history in _histories)
        {
            // What is kept for the next window lies a hop further on in this one.
            if (history.Plan.Output is null)
            {
                history.Columns.Load(MemoryMarshal.AsBytes(samples), (history.Plan.From + history.Plan.Shift) * sizeof(float));
            }
            else
            {
                history.Columns.Load(_whole.ReadOutput(output++).ByteSpan(), 0);
            }
        }
    }

    /// <summary>The model with the beginnings of the histories as further outputs.</summary>
    private Graph WithHistories()
    {
        var copy = new Graph(_model.Name);
        var values = new Dictionary<Value, Value> { [_model.Inputs[0]] = copy.AddInput(_model.Inputs[0].Name, _model.Inputs[0].Info) };
        foreach (Node node in _model.Nodes)
        {
            Node made = copy.AddNode(node.Name, node.Operator, [.. node.Inputs.Select(v => v is null || v.IsConstant ? v : values[v])], [.. node.Outputs.Select(o => o.Name)]);
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                values[node.Outputs[i]] = made.Outputs[i];
            }
        }
        foreach (Value output in _model.Outputs)
        {
            copy.AddOutput(values[output]);
        }
        foreach (HistoryPlan plan in _histories.Select(h => h.Plan).Where(p => p.Output is not null))
        {
            int from = plan.From + plan.Shift;
            copy.AddOutput(copy.Add($"{plan.Source.Name}/kept", new Slice { Starts = [from], Ends = [plan.To + plan.Shift], Axes = [plan.Source.Info.KnownShape.Rank - 1] }, [values[plan.Source]]));
        }
        return copy;
    }

    /// <summary>The kept columns of a value, and room for those that a hop adds.</summary>
    private sealed class History
    {
        public History(HistoryPlan plan)
        {
            Plan = plan;
            TensorInfo info = plan.Source.Info;
            Shape shape = info.KnownShape;
            ElementBytes = (int)(info.Bytes / shape.Count);
            Columns = new StreamHistory((int)(shape.Count / shape[^1]), ElementBytes, plan.To - plan.From, plan.Shift);
            New = plan.Output is null ? null : Tensor.Allocate(info.Type, new Shape([.. shape.ToArray()[..^1], plan.Shift]));
        }

        public HistoryPlan Plan { get; }

        public int ElementBytes { get; }

        public StreamHistory Columns { get; }

        public Tensor? New { get; }
    }
}
