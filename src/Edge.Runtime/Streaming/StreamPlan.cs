using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Streaming;

/// <summary>What a hop computes of a value.</summary>
/// <param name="LeftEnd">Columns before it are computed anew, as far as somebody reads them; at least <see cref="TimeAxis.Start"/>.</param>
/// <param name="RightStart">Columns from here on see new samples or the window's padded end.</param>
internal sealed record StreamedColumns(TimeAxis Axis, int LeftEnd, int RightStart);

/// <summary>
/// Decides for each value of a model which columns a hop computes. The columns at the padded beginning of a window read others just
/// behind it, which were new a whole window ago. Two ways are exact: to keep every column from its hop until then, or to compute those
/// columns again from the oldest samples, more of them the further a layer is from the end. The first needs memory for a window per
/// layer, the second only the samples.
/// </summary>
internal sealed class StreamPlan
{
    private readonly int _hop;
    private readonly Dictionary<Value, TimeAxis> _axes = [];
    private readonly Dictionary<Value, StreamedColumns> _streamed = [];
    private readonly Dictionary<Value, int> _needs = [];

    private StreamPlan(Graph model, int hop, bool again)
    {
        (_hop, ComputesAgain) = (hop, again);
        Value window = model.Inputs[0];
        int length = window.Info.KnownShape[^1];
        _axes[window] = new TimeAxis(1, 0, length);
        _streamed[window] = new StreamedColumns(_axes[window], 0, length - hop);
        foreach (Node node in model.Nodes)
        {
            Decide(node);
        }
    }

    /// <summary>Whether columns behind a padded beginning are computed again.</summary>
    public bool ComputesAgain { get; }

    /// <param name="again">Whether columns behind a padded beginning are computed again; else they are kept.</param>
    /// <returns>Null where they cannot be: what would be computed again reaches what is new.</returns>
    public static StreamPlan? Create(Graph model, int hop, bool again)
    {
        var plan = new StreamPlan(model, hop, again);
        return plan.Reach(model) ? plan : null;
    }

    /// <summary>Null for values that are computed as a whole.</summary>
    public StreamedColumns? Of(Value value) => _streamed.GetValueOrDefault(value);

    /// <summary>Whether the last axis of a value is time.</summary>
    public bool HasTime(Value value) => _axes.ContainsKey(value);

    private void Decide(Node node)
    {
        Value output = node.Outputs[0];
        if (node.Outputs.Count != 1 || output.Info is not { IsKnown: true, KnownShape.Rank: > 0 } || StreamRules.AxisOf(node, _axes) is not { } axis)
        {
            return;
        }
        _axes[output] = axis;
        int right = axis.End - (_hop / axis.Stride);
        if (_hop % axis.Stride != 0 || right <= axis.Start)
        {
            return; // a hop is no whole number of columns, or nothing would be left
        }
        if (SlidingWindow.Of(node) is { } window)
        {
            int length = node.Input(0)!.Info.KnownShape[^1];
            int leftEnd = window.InputEnd(axis.Start);
            int rightFrom = (right * window.Stride) - window.PadStart;
            if (leftEnd > length || (axis.Start > 0 && leftEnd <= 0) || rightFrom < 0 || rightFrom >= length)
            {
                return;
            }
        }
        _streamed[output] = new StreamedColumns(axis, axis.Start, right);
    }

    /// <summary>Asks backwards how far the first columns of each value are read.</summary>
    private bool Reach(Graph model)
    {
        foreach (Value output in model.Outputs)
        {
            Need(output, 0);
        }
        foreach (Node node in model.Nodes.Reverse())
        {
            Value output = node.Outputs[0];
            if (_streamed.TryGetValue(output, out StreamedColumns? columns))
            {
                if (_needs.TryGetValue(output, out int need) && ComputesAgain && need > columns.LeftEnd)
                {
                    if (need > columns.RightStart)
                    {
                        return false;
                    }
                    _streamed[output] = columns with { LeftEnd = need };
                }
                if (!ReachInputs(node, _needs.ContainsKey(output) ? _streamed[output].LeftEnd : 0))
                {
                    return false;
                }
            }
            else if (StreamRules.CutOf(node) is { } cut && node.Input(0) is { } source && HasTime(source))
            {
                Need(source, cut.From < (Of(source)?.Axis.Start ?? 0) ? 0 : null);
            }
            else
            {
                node.Inputs.ToList().ForEach(v => Need(v, 0));
            }
        }
        return true;
    }

    /// <param name="left">Columns of the output's left piece.</param>
    private bool ReachInputs(Node node, int left)
    {
        if (SlidingWindow.Of(node) is { } window)
        {
            Value input = node.Input(0)!;
            int right = (_streamed[node.Outputs[0]].RightStart * window.Stride) - window.PadStart;
            Need(input, right < (Of(input)?.Axis.Start ?? 0) ? 0 : null);
            int end = window.InputEnd(left);
            Need(input, left > 0 ? end : null);
            Need(node.Operator is Conv ? node.Input(3) : null, left > 0 ? left : null);
            return end <= input.Info.KnownShape[^1];
        }
        int offset = StreamRules.CutOf(node)?.From ?? 0;
        node.Inputs.ToList().ForEach(v => Need(v, left > 0 ? offset + left : null));
        return true;
    }

    /// <summary>Columns before <paramref name="end"/> of a value, and those that see the padded beginning, are read; null = none of them.</summary>
    private void Need(Value? value, int? end)
    {
        if (end is { } columns && value is not null && Of(value) is { } streamed)
        {
            _needs[value] = Math.Max(_needs.GetValueOrDefault(value), Math.Max(columns, streamed.Axis.Start));
        }
    }
}
