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
/// (<see cref="IncrementalGraph"/>). The first window is computed by hops too: what they find before it is zeros, and nothing of
/// these is left once a window of samples has passed. Allocates nothing per hop. Not thread-safe.
/// </summary>
public sealed class IncrementalSession : IDisposable
{
    private readonly InferenceSession _step;
    private readonly History[] _histories;
    private readonly (StreamHistory Columns, int From)[] _reads;
    private readonly int _channels;
    private float[]? _part;
    private int _hops;

    /// <param name="model">One float32 input whose last axis is time, and float32 outputs.</param>
    /// <param name="hop">Samples from window to window.</param>
    /// <exception cref="EdgeException">The model does not fit, or nothing of it can be kept.</exception>
    public IncrementalSession(Graph model, int hop, SessionOptions? options = null)
    {
        Hop = hop;
        IncrementalGraph step = IncrementalGraph.Create(model, hop);
        Shape shape = model.Inputs[0].Info.KnownShape;
        Window = shape[^1];
        _channels = (int)(shape.Count / Window);
        HopsPerWindow = (Window + hop - 1) / hop;
        _histories = [.. step.Histories.Select(p => new History(p))];
        _reads = [.. step.Requests.Select(r =>
        {
            History history = _histories.First(h => h.Plan.Source == r.Source);
            return (history.Columns, (r.From - history.Plan.From) * history.ElementBytes);
        })];
        MultiplyAdds = (model.Nodes.Sum(ModelSummary.MultiplyAddsOf), step.MultiplyAdds);
        _step = new InferenceSession(step.Graph, options);
    }

    /// <summary>Samples from window to window.</summary>
    public int Hop { get; }

    /// <summary>Samples of a window, per channel.</summary>
    public int Window { get; }

    /// <summary>Hops until a whole window has passed.</summary>
    public int HopsPerWindow { get; }

    /// <summary>Multiply-adds of a whole window, and of a hop.</summary>
    public (long Window, long Hop) MultiplyAdds { get; }

    /// <summary>Bytes for feature maps: of the arena that a hop needs, and of what is kept from hop to hop.</summary>
    public (long Arena, long Kept) Bytes => (_step.Plan.ArenaBytes, _histories.Sum(h => h.Columns.Bytes));

    /// <summary>A whole window has passed: outputs are those of the last one.</summary>
    public bool HasWindow => _hops >= HopsPerWindow;

    /// <summary>When set, time per step of the hops is recorded.</summary>
    public Profiler? Profiler => _step.Profiler;

    /// <summary>Records time per step of the hops from here on.</summary>
    /// <param name="runs">Runs that are kept.</param>
    public void Profile(int runs) => _step.Profiler = new Profiler(_step.Plan, runs);

    /// <summary>Forgets the stream: a window of samples has to pass until outputs are those of a window.</summary>
    public void Reset()
    {
        _hops = 0;
        foreach (History history in _histories)
        {
            history.Columns.Clear();
        }
    }

    /// <summary>Computes the next window.</summary>
    /// <param name="samples">The <see cref="Hop"/> samples that follow, or a whole window, with which the stream begins anew; one channel after the other.</param>
    /// <exception cref="EdgeException">The number of samples is another one.</exception>
    public void Run(ReadOnlySpan<float> samples)
    {
        if (samples.Length == _channels * Hop)
        {
            RunHop(samples);
        }
        else if (samples.Length == _channels * Window)
        {
            RunWindow(samples);
        }
        else
        {
            throw new EdgeException(EdgeError.BadInput, $"{samples.Length} samples are given, expected {_channels * Hop} or {_channels * Window}", "give one hop or a whole window");
        }
    }

    /// <summary>Copies an output of the last window.</summary>
    public void ReadOutput(int index, Span<float> values) => _step.ReadOutput(index, values);

    public void Dispose() => _step.Dispose();

    /// <summary>The first hop of a window may begin before it, with zeros.</summary>
    private void RunWindow(ReadOnlySpan<float> samples)
    {
        Reset();
        _part ??= new float[_channels * Hop];
        for (int end = Window - ((HopsPerWindow - 1) * Hop); end <= Window; end += Hop)
        {
            int start = Math.Max(0, end - Hop);
            Array.Clear(_part);
            for (int c = 0; c < _channels; c++)
            {
                samples[((c * Window) + start)..((c * Window) + end)].CopyTo(_part.AsSpan(((c + 1) * Hop) - (end - start)));
            }
            RunHop(_part);
        }
    }

    private void RunHop(ReadOnlySpan<float> samples)
    {
        _step.SetInput(0, samples);
        for (int i = 0; i < _reads.Length; i++)
        {
            _step.WriteInput(i + 1, _reads[i], static (bytes, read) => read.Columns.Read(read.From, bytes));
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
        _hops = Math.Min(_hops + 1, HopsPerWindow);
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
