using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Streaming;

/// <summary>Which operators move with time, the last axis.</summary>
internal static class StreamRules
{
    /// <summary>How the first output of a node moves; null where it has no time axis, or nobody knows.</summary>
    /// <param name="axes">Of the values before it.</param>
    public static TimeAxis? AxisOf(Node node, IReadOnlyDictionary<Value, TimeAxis> axes)
    {
        TimeAxis? input = node.Input(0) is { } first ? axes.GetValueOrDefault(first) : null;
        int length = node.Outputs[0].Info.KnownShape[^1];
        switch (node.Operator)
        {
            case Conv or QuantConv or MaxPool or AveragePool or QuantAveragePool when input is not null && SlidingWindow.Of(node) is { } window:
                TimeAxis? moved = window.Apply(input, length);
                return node.Operator is Conv && node.Input(3) is { } residual ? Common([moved, axes.GetValueOrDefault(residual)]) : moved;
            case Unary or Identity or BatchNorm { Training: false } or QuantTable:
            case QuantizeLinear or DequantizeLinear when node.Input(1) is { IsConstant: true } scale && scale.Info.KnownShape.Count == 1:
                return input;
            case Binary or QuantAdd:
                return Common([.. node.Inputs.Where(v => v is not null && !(v.IsConstant && IsBroadcastOverTime(v))).Select(v => v!.Info.IsKnown && v.Info.KnownShape.Rank > 0 && v.Info.KnownShape[^1] == length ? axes.GetValueOrDefault(v) : null)]);
            case Concat concat when node.Outputs[0].Info.KnownShape.Rank >= 3 && (concat.Axis == 1 || concat.Axis == 1 - node.Outputs[0].Info.KnownShape.Rank):
                return Common([.. node.Inputs.Select(v => axes.GetValueOrDefault(v!))]);
            case Slice when input is not null && CutOf(node) is { } cut:
                var part = new TimeAxis(input.Stride, Math.Max(0, input.Start - cut.From), Math.Min(cut.To, input.End) - cut.From);
                return part.End > part.Start ? part : null;
            case var view when IsView(view) && input is not null && node.Outputs[0].Info.KnownShape.Count == node.Input(0)!.Info.KnownShape.Count:
                // Only axes of length 1 come or go: the order of everything else stays.
                int[] before = [.. node.Input(0)!.Info.KnownShape.ToArray().Where(d => d != 1)];
                return before.SequenceEqual(node.Outputs[0].Info.KnownShape.ToArray().Where(d => d != 1)) && length == node.Input(0)!.Info.KnownShape[^1] ? input : null;
            default:
                return null;
        }
    }

    /// <summary>The columns that a slice along time, or a gather of one column, reads; null for other nodes.</summary>
    public static (int From, int To)? CutOf(Node node)
    {
        if (node.Input(0) is not { Info: { IsKnown: true, KnownShape: { Rank: > 0 } shape } } || !node.Outputs[0].Info.IsKnown)
        {
            return null;
        }
        int last = shape.Rank - 1;
        switch (node.Operator)
        {
            case Slice { Starts: [int start], Axes: [int axis], Steps: null or [1] } when axis == last || axis == -1:
                int from = Math.Clamp(start < 0 ? start + shape[last] : start, 0, shape[last]);
                return (from, from + node.Outputs[0].Info.KnownShape[^1]);
            case Gather gather when (gather.Axis == last || gather.Axis == -1) && node.Input(1) is { IsConstant: true, Info.KnownShape.Rank: 0 } index:
                int column = (int)index.Constant!.ToInt64()[0];
                column += column < 0 ? shape[last] : 0;
                return (column, column + 1);
            default:
                return null;
        }
    }

    /// <summary>Whether an operator gives its input another shape and leaves the elements as they are.</summary>
    public static bool IsView(Operator op) => op is Reshape or Unsqueeze or Squeeze;

    private static bool IsBroadcastOverTime(Value constant) => constant.Info.KnownShape.Rank == 0 || constant.Info.KnownShape[^1] == 1;

    /// <summary>What moves together with all inputs: the same stride, and where each of them keeps its columns.</summary>
    private static TimeAxis? Common(TimeAxis?[] axes)
    {
        if (axes.Length == 0 || axes.Any(a => a is null || a.Stride != axes[0]!.Stride))
        {
            return null;
        }
        var common = new TimeAxis(axes[0]!.Stride, axes.Max(a => a!.Start), axes.Min(a => a!.End));
        return common.End > common.Start ? common : null;
    }
}
