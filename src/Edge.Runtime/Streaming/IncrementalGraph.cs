using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Streaming;

/// <summary>
/// A model over windows of a stream, rewritten so that a hop computes only what the hop changes. When the window moves on, the columns
/// in the middle of each feature map are those of the window before, moved; new are the columns that see new samples, and, where
/// windows are padded, those that see a padded end. For each convolution and pooling the rewritten graph computes these two pieces from the
/// pieces of its input and takes the middle from the state. Values without a time axis (behind a global pooling, a Gemm) are
/// computed as before. The result is that of the whole window: bit for bit in int8, and in float32 the same products, summed in the order of
/// the kernel rows for the pieces.
/// </summary>
public sealed class IncrementalGraph
{
    private readonly int _hop;
    private readonly Dictionary<Value, Value> _values = [];
    private readonly Dictionary<Value, TimeAxis> _axes = [];
    private readonly List<(Value Kept, Value State, Value Next)> _states = [];

    private IncrementalGraph(Graph model, int hop)
    {
        _hop = hop;
        Graph = new Graph($"{model.Name} by hops of {hop}");
        Value window = model.Inputs[0];
        _values[window] = Graph.AddInput(window.Name, window.Info);
        _axes[window] = new TimeAxis(1, 0, window.Info.KnownShape[^1]);
        foreach (Node node in model.Nodes)
        {
            Add(node);
        }
        foreach (Value output in model.Outputs)
        {
            Graph.AddOutput(Mapped(output)!);
        }
        foreach ((_, _, Value next) in _states)
        {
            Graph.AddOutput(next);
        }
    }

    /// <summary>Inputs: the window, then the states; outputs: the model's, then the states of the next hop.</summary>
    public Graph Graph { get; }

    /// <summary>Feature maps that are kept from hop to hop.</summary>
    public int States => _states.Count;

    /// <summary>The values of the model that the states are.</summary>
    internal IEnumerable<Value> KeptValues => _states.Select(s => s.Kept);

    /// <summary>The shape of each state.</summary>
    public IReadOnlyList<TensorInfo> StateInfos => [.. _states.Select(s => s.State.Info)];

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
        return graph.States > 0 ? graph : throw new EdgeException(EdgeError.BadInput, $"nothing of '{model.Name}' can be kept over a hop of {hop}", "use a hop that is a multiple of the strides and shorter than the window less its margins");
    }

    private void Add(Node node)
    {
        Value output = node.Outputs[0];
        TimeAxis? axis = node.Outputs.Count == 1 && output.Info is { IsKnown: true, KnownShape.Rank: > 0 } ? AxisOf(node) : null;
        if (axis is not null)
        {
            _axes[output] = axis;
        }
        if (axis is not null && SlidingWindow.Of(node) is { } window && Pieces(node, window, axis))
        {
            return;
        }
        Node copy = Graph.AddNode(node.Name, node.Operator, [.. node.Inputs.Select(Mapped)], [.. node.Outputs.Select(o => o.Name)]);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            _values[node.Outputs[i]] = copy.Outputs[i];
        }
    }

    private Value? Mapped(Value? value) => value is null || value.IsConstant ? value : _values[value];

    /// <summary>How the output moves with time; null where it has no time axis, or nobody knows.</summary>
    private TimeAxis? AxisOf(Node node)
    {
        TimeAxis? input = node.Input(0) is { } first ? _axes.GetValueOrDefault(first) : null;
        int length = node.Outputs[0].Info.KnownShape[^1];
        switch (node.Operator)
        {
            case Conv or QuantConv or MaxPool or AveragePool or QuantAveragePool when input is not null && SlidingWindow.Of(node) is { } window:
                TimeAxis? moved = window.Apply(input, length);
                return node.Operator is Conv && node.Input(3) is { } residual ? Common([moved, _axes.GetValueOrDefault(residual)]) : moved;
            case Unary or Identity or BatchNorm { Training: false } or QuantTable:
            case QuantizeLinear or DequantizeLinear when node.Input(1) is { IsConstant: true } scale && scale.Info.KnownShape.Count == 1:
                return input;
            case Binary or QuantAdd:
                return Common([.. node.Inputs.Where(v => v is not null && !(v.IsConstant && IsBroadcastOverTime(v))).Select(v => _axes.GetValueOrDefault(v!))]);
            case Concat concat when node.Outputs[0].Info.KnownShape.Rank >= 3 && (concat.Axis == 1 || concat.Axis == 1 - node.Outputs[0].Info.KnownShape.Rank):
                return Common([.. node.Inputs.Select(v => _axes.GetValueOrDefault(v!))]);
            case Reshape or Unsqueeze or Squeeze when input is not null && node.Outputs[0].Info.KnownShape.Count == node.Input(0)!.Info.KnownShape.Count:
                // Only axes of length 1 come or go: the order of everything else stays.
                int[] before = [.. node.Input(0)!.Info.KnownShape.ToArray().Where(d => d != 1)];
                return before.SequenceEqual(node.Outputs[0].Info.KnownShape.ToArray().Where(d => d != 1)) && length == node.Input(0)!.Info.KnownShape[^1] ? input : null;
            default:
                return null;
        }
    }

    private static bool IsBroadcastOverTime(Value constant) => constant.Info.KnownShape.Rank == 0 || constant.Info.KnownShape[^1] == 1;

    /// <summary>What moves together with all inputs: the same stride, and where each of them keeps its columns.</summary>
    private static TimeAxis? Common(TimeAxis?[] axes)
    {
        if (axes.Length == 0 || axes.Any(a => a is null || a.Stride != axes[0]!.Stride))
        {
            return null;
        }
        return new TimeAxis(axes[0]!.Stride, axes.Max(a => a!.Start), axes.Min(a => a!.End));
    }

    /// <summary>Writes a convolution or pooling as left piece, middle from the state, right piece.</summary>
    /// <returns>False where nothing would be saved.</returns>
    private bool Pieces(Node node, SlidingWindow window, TimeAxis axis)
    {
        int length = node.Outputs[0].Info.KnownShape[^1];
        int inputLength = node.Input(0)!.Info.KnownShape[^1];
        int shift = _hop % axis.Stride == 0 ? _hop / axis.Stride : 0;
        int right = axis.End - shift;
        int leftInput = axis.Start == 0 ? 0 : ((axis.Start - 1) * window.Stride) - window.PadStart + window.Extent;
        int rightInput = (right * window.Stride) - window.PadStart;
        if (shift == 0 || right <= axis.Start || leftInput > inputLength || rightInput < 0)
        {
            return false;
        }
        Value state = Graph.AddInput($"{node.Outputs[0].Name}/state", node.Outputs[0].Info);
        var parts = new List<Value?>();
        if (axis.Start > 0)
        {
            parts.Add(Piece(node, window, "left", (0, leftInput), (window.PadStart, 0), (0, axis.Start)));
        }
        parts.Add(Cut(state, $"{node.Name}/kept", axis.Start + shift, axis.End));
        parts.Add(Piece(node, window, "right", (rightInput, inputLength), (0, window.PadEnd), (right, length)));
        Value next = Graph.Add($"{node.Name}/joined", new Concat { Axis = node.Outputs[0].Info.KnownShape.Rank - 1 }, parts);
        _values[node.Outputs[0]] = next;
        _states.Add((node.Outputs[0], state, next));
        return next.Info.KnownShape == node.Outputs[0].Info.KnownShape ? true : throw new EdgeException(EdgeError.InvalidGraph, $"the pieces make {next.Info}, expected {node.Outputs[0].Info}", place: node.Place);
    }

    private Value Piece(Node node, SlidingWindow window, string side, (int From, int To) columns, (int Start, int End) pads, (int From, int To) result)
    {
        Value input = Cut(Mapped(node.Input(0))!, $"{node.Name}/{side} input", columns.From, columns.To);
        Value?[] inputs = [.. node.Inputs.Select((v, i) => i == 0 ? input : i == 3 && v is not null && node.Operator is Conv ? Cut(Mapped(v)!, $"{node.Name}/{side} residual", result.From, result.To) : Mapped(v))];
        return Graph.Add($"{node.Name}/{side}", window.WithPads(pads.Start, pads.End), inputs);
    }

    private Value Cut(Value value, string name, int from, int to) =>
        Graph.Add(name, new Slice { Starts = [from], Ends = [to], Axes = [value.Info.KnownShape.Rank - 1] }, [value]);
}

/// <summary>How the columns of a value move when the window moves.</summary>
/// <param name="Stride">Samples per column.</param>
/// <param name="Start">The first column that no padded end of the window changes.</param>
/// <param name="End">Behind the last one.</param>
internal sealed record TimeAxis(int Stride, int Start, int End);
