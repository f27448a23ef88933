using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Streaming;

/// <summary>
/// A model over windows of a stream, rewritten so that a hop computes only what the hop changes. When the window moves on, the columns
/// in the middle of each feature map are those of the window before, moved; new are the columns that see new samples, and, where
/// windows are padded, those that see a padded end. Every convolution, pooling and elementwise operator computes these two pieces from
/// pieces of its inputs; what they read of the middle is computed again, or comes from the histories that
/// <see cref="IncrementalSession"/> keeps, as <see cref="StreamPlan"/> decides. Values
/// without a time axis (behind a global pooling, a Gemm) are computed as before. The result is that of the whole window: bit for bit
/// in int8, and in float32 the same products, summed in the order of the kernel rows for the pieces.
/// </summary>
public sealed class IncrementalGraph
{
    /// <summary>Columns are computed again rather than kept where a hop then takes at most so many times the multiply-adds, and ...</summary>
    private const long MostWork = 2;

    /// <summary>... no more than this part of a window's.</summary>
    private const double MostOfWindow = 0.5;

    private readonly StreamPlan _plan;
    private readonly Value _window;
    private readonly Dictionary<Value, Value> _plain = [];
    private readonly Dictionary<Value, StreamedValue> _streamed = [];
    private readonly Dictionary<(Value Source, int From, int To), Value> _ranges = [];
    private readonly List<HistoryRequest> _requests = [];

    private IncrementalGraph(Graph model, int hop, StreamPlan plan)
    {
        _plan = plan;
        _window = model.Inputs[0];
        Graph = new Graph($"{model.Name} by hops of {hop}");
        _streamed[_window] = new StreamedValue(plan.Of(_window)!, null, Graph.AddInput(_window.Name, WithLength(_window.Info, hop)));
        foreach (Node node in model.Nodes)
        {
            Add(node);
        }
        foreach (Value output in model.Outputs)
        {
            Graph.AddOutput(Whole(output)!);
        }
        Histories = [.. _requests.GroupBy(r => r.Source).Select(g => Keep(g.Key, g.Min(r => r.From)))];
    }

    /// <summary>Inputs: the samples of a hop, then what is read of the histories; outputs: the model's, then what the histories get.</summary>
    public Graph Graph { get; }

    /// <summary>Convolutions and poolings of which a hop computes only pieces.</summary>
    public int Layers { get; private set; }

    /// <summary>Whether what is read behind a padded beginning is computed again; else it is kept, for a window.</summary>
    public bool ComputesAgain => _plan.ComputesAgain;

    /// <summary>Of a hop.</summary>
    public long MultiplyAdds => Graph.Nodes.Sum(ModelSummary.MultiplyAddsOf);

    internal IReadOnlyList<HistoryRequest> Requests => _requests;

    internal IReadOnlyList<HistoryPlan> Histories { get; }

    /// <param name="model">One float32 input whose last axis is time.</param>
    /// <param name="hop">Samples from window to window, less than a window.</param>
    /// <exception cref="EdgeException">The model does not fit, or nothing can be kept: every layer would have to be computed anew.</exception>
    public static IncrementalGraph Create(Graph model, int hop)
    {
        if (model.Inputs.Count != 1 || model.Inputs[0].Info is not { Type: DataType.F32, IsKnown: true } info || info.KnownShape.Rank < 2 || hop < 1 || hop >= info.KnownShape[^1])
        {
            throw new EdgeException(EdgeError.BadInput, $"a model with the inputs {string.Join(", ", model.Inputs.Select(i => i.Info))} cannot run by hops of {hop}", "give a model with one float32 window, and a hop shorter than it");
        }
        var graph = new IncrementalGraph(model, hop, StreamPlan.Create(model, hop, again: false)!);
        if (StreamPlan.Create(model, hop, again: true) is { } plan)
        {
            var other = new IncrementalGraph(model, hop, plan);
            double most = Math.Min(MostWork * graph.MultiplyAdds, MostOfWindow * model.Nodes.Sum(ModelSummary.MultiplyAddsOf));
            graph = other.KeptBytes < graph.KeptBytes && other.MultiplyAdds <= most ? other : graph;
        }
        return graph.Layers > 0 ? graph : throw new EdgeException(EdgeError.BadInput, $"nothing of '{model.Name}' can be kept over a hop of {hop}", "use a hop that is a multiple of the strides and shorter than the window less its margins");
    }

    private long KeptBytes => Histories.Sum(h => h.Source.Info.Bytes / h.Source.Info.KnownShape[^1] * (h.To - h.From));

    private static TensorInfo WithLength(TensorInfo info, int length) => info with { Shape = new Shape([.. info.KnownShape.ToArray()[..^1], length]) };

    private void Add(Node node)
    {
        Value output = node.Outputs[0];
        if (_plan.Of(output) is { } columns)
        {
            if (SlidingWindow.Of(node) is { } window)
            {
                Slide(node, window, columns);
            }
            else
            {
                Map(node, columns);
            }
            return;
        }
        if (node.Input(0) is { } source && _plan.HasTime(source) && StreamRules.CutOf(node) is { } cut)
        {
            Value cutOut = Range(source, cut.From, cut.To);
            _plain[output] = node.Operator is Slice ? cutOut : Graph.Add(node.Name, new Reshape { Dims = output.Info.KnownShape.ToArray() }, [cutOut]);
            return;
        }
        Node copy = Graph.AddNode(node.Name, node.Operator, [.. node.Inputs.Select(Whole)], [.. node.Outputs.Select(o => o.Name)]);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            _plain[node.Outputs[i]] = copy.Outputs[i];
        }
    }

    /// <summary>Writes a convolution or pooling as left and right piece.</summary>
    private void Slide(Node node, SlidingWindow window, StreamedColumns columns)
    {
        int length = node.Outputs[0].Info.KnownShape[^1];
        int inputLength = node.Input(0)!.Info.KnownShape[^1];
        (int leftEnd, int right) = (columns.LeftEnd, columns.RightStart);
        Value Piece(string side, (int From, int To) columns, (int Start, int End) pads, (int From, int To) result) => Graph.Add(
            $"{node.Name}/{side}",
            window.WithPads(pads.Start, pads.End),
            [.. node.Inputs.Select((v, i) => i == 0 ? Range(v!, columns.From, columns.To) : i == 3 && v is not null && node.Operator is Conv ? Range(v, result.From, result.To) : Whole(v))]);
        Lazy<Value>? left = leftEnd > 0 ? new(() => Piece("left", (0, window.InputEnd(leftEnd)), (window.PadStart, 0), (0, leftEnd))) : null;
        Keep(node, columns, left, Piece("right", ((right * window.Stride) - window.PadStart, inputLength), (0, window.PadEnd), (right, length)));
        Layers++;
    }

    /// <summary>Writes an operator that treats every column alike as left and right piece.</summary>
    private void Map(Node node, StreamedColumns columns)
    {
        int length = node.Outputs[0].Info.KnownShape[^1];
        int offset = StreamRules.CutOf(node)?.From ?? 0;
        Value Piece(string side, int from, int to)
        {
            if (node.Operator is Slice)
            {
                return Range(node.Input(0)!, offset + from, offset + to);
            }
            Value?[] inputs = [.. node.Inputs.Select(v => v is null || v.IsConstant ? v : Range(v, from, to))];
            return StreamRules.IsView(node.Operator)
                ? Graph.Add($"{node.Name}/{side}", new Reshape { Dims = WithLength(node.Outputs[0].Info, to - from).KnownShape.ToArray() }, inputs[..1])
                : Graph.Add($"{node.Name}/{side}", node.Operator, inputs);
        }
        Lazy<Value>? left = columns.LeftEnd > 0 ? new(() => Piece("left", 0, columns.LeftEnd)) : null;
        Keep(node, columns, left, Piece("right", columns.RightStart, length));
    }

    private void Keep(Node node, StreamedColumns columns, Lazy<Value>? left, Value last)
    {
        int right = columns.RightStart;
        TensorInfo whole = node.Outputs[0].Info;
        if (last.Info.KnownShape != WithLength(whole, whole.KnownShape[^1] - right).KnownShape)
        {
            throw new EdgeException(EdgeError.InvalidGraph, $"the last columns are {last.Info}, the whole is {whole}, from column {right} on", place: node.Place);
        }
        _streamed[node.Outputs[0]] = new StreamedValue(columns, left, last);
    }

    private HistoryPlan Keep(Value source, int from)
    {
        StreamedValue value = _streamed[source];
        int? output = null;
        if (source != _window)
        {
            output = Graph.Outputs.Count;
            Graph.AddOutput(Cut(value.Right, $"{source.Name}/new", 0, value.Shift));
        }
        return new HistoryPlan(source, from, value.Columns.RightStart, value.Shift, output);
    }

    private Value? Whole(Value? value) =>
        value is null || value.IsConstant ? value : _plain.TryGetValue(value, out Value? plain) ? plain : Range(value, 0, value.Info.KnownShape[^1]);

    /// <summary>Columns of a value of the model: from its pieces, and between them from its history.</summary>
    private Value Range(Value source, int from, int to)
    {
        if (_ranges.TryGetValue((source, from, to), out Value? known))
        {
            return known;
        }
        Value range = _plain.TryGetValue(source, out Value? plain) ? Cut(plain, $"{source.Name}/{from}..{to}", from, to) : Assemble(source, _streamed[source], from, to);
        _ranges[(source, from, to)] = range;
        return range;
    }

    private Value Assemble(Value source, StreamedValue value, int from, int to)
    {
        var parts = new List<Value?>();
        string name = $"{source.Name}/{from}..{to}";
        (int leftEnd, int rightStart) = (value.Columns.LeftEnd, value.Columns.RightStart);
        if (from < leftEnd)
        {
            parts.Add(Cut(value.Left!.Value, $"{name}/first", from, Math.Min(to, leftEnd)));
        }
        (int middle, int middleEnd) = (Math.Max(from, leftEnd), Math.Min(to, rightStart));
        if (middle < middleEnd)
        {
            Value kept = Graph.AddInput($"{name}/kept", WithLength(source.Info, middleEnd - middle));
            _requests.Add(new HistoryRequest(kept, source, middle, middleEnd));
            parts.Add(kept);
        }
        if (to > rightStart)
        {
            parts.Add(Cut(value.Right, $"{name}/last", Math.Max(from, rightStart) - rightStart, to - rightStart));
        }
        return parts.Count == 1 ? parts[0]! : Graph.Add(name, new Concat { Axis = source.Info.KnownShape.Rank - 1 }, parts);
    }

    private Value Cut(Value value, string name, int from, int to) => from == 0 && to == value.Info.KnownShape[^1]
        ? value
        : Graph.Add(name, new Slice { Starts = [from], Ends = [to], Axes = [value.Info.KnownShape.Rank - 1] }, [value]);
}
