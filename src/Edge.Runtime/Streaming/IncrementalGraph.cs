using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Streaming;

/// <summary>
/// A model over windows of a stream, rewritten so that a hop computes only what the hop changes. When the window moves on, the columns
/// in the middle of each feature map are those of the window before, moved; new are the columns that see new samples, and, where
/// windows are padded, those that see a padded end. Every convolution, pooling and elementwise operator computes these two pieces from
/// pieces of its inputs; what they read of the middle comes from the histories that <see cref="IncrementalSession"/> keeps. Values
/// without a time axis (behind a global pooling, a Gemm) are computed as before. The result is that of the whole window: bit for bit
/// in int8, and in float32 the same products, summed in the order of the kernel rows for the pieces.
/// </summary>
public sealed class IncrementalGraph
{
    private readonly int _hop;
    private readonly Value _window;
    private readonly Dictionary<Value, Value> _plain = [];
    private readonly Dictionary<Value, StreamedValue> _streamed = [];
    private readonly Dictionary<Value, TimeAxis> _axes = [];
    private readonly Dictionary<(Value Source, int From, int To), Value> _ranges = [];
    private readonly List<HistoryRequest> _requests = [];

    private IncrementalGraph(Graph model, int hop)
    {
        _hop = hop;
        _window = model.Inputs[0];
        int length = _window.Info.KnownShape[^1];
        Graph = new Graph($"{model.Name} by hops of {hop}");
        _axes[_window] = new TimeAxis(1, 0, length);
        _streamed[_window] = new StreamedValue(_axes[_window], length - hop, null, Graph.AddInput(_window.Name, WithLength(_window.Info, hop)));
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
        var graph = new IncrementalGraph(model, hop);
        return graph.Layers > 0 ? graph : throw new EdgeException(EdgeError.BadInput, $"nothing of '{model.Name}' can be kept over a hop of {hop}", "use a hop that is a multiple of the strides and shorter than the window less its margins");
    }

    private static TensorInfo WithLength(TensorInfo info, int length) => info with { Shape = new Shape([.. info.KnownShape.ToArray()[..^1], length]) };

    private void Add(Node node)
    {
        Value output = node.Outputs[0];
        TimeAxis? axis = node.Outputs.Count == 1 && output.Info is { IsKnown: true, KnownShape.Rank: > 0 } ? StreamRules.AxisOf(node, _axes) : null;
        if (axis is not null)
        {
            _axes[output] = axis;
            SlidingWindow? window = SlidingWindow.Of(node);
            if (window is not null ? Slide(node, window, axis) : Map(node, axis))
            {
                return;
            }
        }
        if (node.Input(0) is { } source && _axes.ContainsKey(source) && StreamRules.CutOf(node) is { } cut)
        {
            Value columns = Range(source, cut.From, cut.To);
            _plain[output] = node.Operator is Slice ? columns : Graph.Add(node.Name, new Reshape { Dims = output.Info.KnownShape.ToArray() }, [columns]);
            return;
        }
        Node copy = Graph.AddNode(node.Name, node.Operator, [.. node.Inputs.Select(Whole)], [.. node.Outputs.Select(o => o.Name)]);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            _plain[node.Outputs[i]] = copy.Outputs[i];
        }
    }

    /// <summary>The first column that a hop computes anew at the end; null where a hop is no whole number of columns, or nothing would be left.</summary>
    private int? RightStart(TimeAxis axis)
    {
        int right = axis.End - (_hop / axis.Stride);
        return _hop % axis.Stride == 0 && right > axis.Start ? right : null;
    }

    /// <summary>Writes a convolution or pooling as left and right piece.</summary>
    /// <returns>False where nothing would be saved.</returns>
    private bool Slide(Node node, SlidingWindow window, TimeAxis axis)
    {
        int length = node.Outputs[0].Info.KnownShape[^1];
        int inputLength = node.Input(0)!.Info.KnownShape[^1];
        int leftEnd = axis.Start == 0 ? 0 : ((axis.Start - 1) * window.Stride) - window.PadStart + window.Extent;
        if (RightStart(axis) is not { } right || leftEnd > inputLength || (axis.Start > 0 && leftEnd <= 0))
        {
            return false;
        }
        int rightFrom = (right * window.Stride) - window.PadStart;
        if (rightFrom < 0 || rightFrom >= inputLength)
        {
            return false;
        }
        Value Piece(string side, (int From, int To) columns, (int Start, int End) pads, (int From, int To) result) => Graph.Add(
            $"{node.Name}/{side}",
            window.WithPads(pads.Start, pads.End),
            [.. node.Inputs.Select((v, i) => i == 0 ? Range(v!, columns.From, columns.To) : i == 3 && v is not null && node.Operator is Conv ? Range(v, result.From, result.To) : Whole(v))]);
        Lazy<Value>? left = axis.Start > 0 ? new(() => Piece("left", (0, leftEnd), (window.PadStart, 0), (0, axis.Start))) : null;
        Keep(node, axis, right, left, Piece("right", (rightFrom, inputLength), (0, window.PadEnd), (right, length)));
        Layers++;
        return true;
    }

    /// <summary>Writes an operator that treats every column alike as left and right piece.</summary>
    private bool Map(Node node, TimeAxis axis)
    {
        int length = node.Outputs[0].Info.KnownShape[^1];
        if (RightStart(axis) is not { } right)
        {
            return false;
        }
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
        Keep(node, axis, right, axis.Start > 0 ? new(() => Piece("left", 0, axis.Start)) : null, Piece("right", right, length));
        return true;
    }

    private void Keep(Node node, TimeAxis axis, int right, Lazy<Value>? left, Value last)
    {
        TensorInfo whole = node.Outputs[0].Info;
        if (last.Info.KnownShape != WithLength(whole, whole.KnownShape[^1] - right).KnownShape)
        {
            throw new EdgeException(EdgeError.InvalidGraph, $"the last columns are {last.Info}, the whole is {whole}, from column {right} on", place: node.Place);
        }
        _streamed[node.Outputs[0]] = new StreamedValue(axis, right, left, last);
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
        return new HistoryPlan(source, from, value.RightStart, value.Shift, output);
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
        int start = value.Axis.Start;
        if (from < start)
        {
            parts.Add(Cut(value.Left!.Value, $"{name}/first", from, Math.Min(to, start)));
        }
        (int middle, int middleEnd) = (Math.Max(from, start), Math.Min(to, value.RightStart));
        if (middle < middleEnd)
        {
            Value kept = Graph.AddInput($"{name}/kept", WithLength(source.Info, middleEnd - middle));
            _requests.Add(new HistoryRequest(kept, source, middle, middleEnd));
            parts.Add(kept);
        }
        if (to > value.RightStart)
        {
            parts.Add(Cut(value.Right, $"{name}/last", Math.Max(from, value.RightStart) - value.RightStart, to - value.RightStart));
        }
        return parts.Count == 1 ? parts[0]! : Graph.Add(name, new Concat { Axis = source.Info.KnownShape.Rank - 1 }, parts);
    }

    private Value Cut(Value value, string name, int from, int to) => from == 0 && to == value.Info.KnownShape[^1]
        ? value
        : Graph.Add(name, new Slice { Starts = [from], Ends = [to], Axes = [value.Info.KnownShape.Rank - 1] }, [value]);
}
