using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Layout;

/// <summary>
/// A Concat of one value with constant zeros before or behind it becomes a Pad: shortcuts of residual networks that grow in
/// channels are written so. A constant is stored planar, and would make the whole Concat planar.
/// </summary>
internal sealed class ConcatZerosToPad : IPass
{
    public string Name => nameof(ConcatZerosToPad);

    public int Run(Graph graph, PassLog log)
    {
        int replaced = 0;
        foreach (Node node in graph.Walk())
        {
            replaced += node.Operator is Concat concat && Replace(graph, node, concat, log) ? 1 : 0;
        }
        return replaced;
    }

    private static bool Replace(Graph graph, Node node, Concat concat, PassLog log)
    {
        Value[] inputs = [.. node.Inputs.OfType<Value>()];
        Value[] computed = [.. inputs.Where(i => !i.IsConstant)];
        if (computed is not [var x] || inputs.Length < 2 || !x.Info.IsKnown || !node.Outputs[0].IsF32()
            || !inputs.All(i => i == x || IsZeros(i.Constant!)))
        {
            return false;
        }
        int rank = x.Info.KnownShape.Rank;
        int axis = concat.Axis < 0 ? concat.Axis + rank : concat.Axis;
        int place = Array.IndexOf(inputs, x);
        var pads = new int[2 * rank];
        pads[axis] = inputs[..place].Sum(i => i.Info.KnownShape[axis]);
        pads[rank + axis] = inputs[(place + 1)..].Sum(i => i.Info.KnownShape[axis]);
        log.Rewrote($"{node.Place} joins '{x.Name}' and zeros: Pad");
        graph.Replace(node, new Pad { Pads = pads }, [x]);
        return true;
    }

    /// <summary>Whether every bit is 0: a Pad does not write negative zeros.</summary>
    private static bool IsZeros(Tensor tensor) => tensor.ByteSpan().IndexOfAnyExcept((byte)0) < 0;
}
