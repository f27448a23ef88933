using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Streaming;

/// <summary>A convolution or pooling along time, the last axis; other spatial axes have length 1 and no padding.</summary>
internal sealed record SlidingWindow(Operator Operator, int Extent, int Stride, int PadStart, int PadEnd)
{
    /// <summary>The window of a node; null where it is none, or slides along another axis too.</summary>
    public static SlidingWindow? Of(Node node)
    {
        (int[] strides, int[] pads, int[] dilations, int[] kernel) = node.Operator switch
        {
            Conv c => (c.Strides, c.Pads, c.Dilations, node.Input(1)!.Info.KnownShape.ToArray()[2..]),
            MaxPool p when !p.CeilMode && node.Outputs.Count == 1 => (p.Strides, p.Pads, p.Dilations, p.Kernel),
            AveragePool p when !p.CeilMode => (p.Strides, p.Pads, p.Dilations, p.Kernel),
            QuantConv c => (c.Strides, c.Pads, c.Dilations, node.Input(1)!.Info.KnownShape.ToArray()[2..]),
            QuantAveragePool p when !p.CeilMode => (p.Strides, p.Pads, p.Dilations, p.Kernel),
            _ => ([], [], [], []),
        };
        int rank = kernel.Length;
        if (rank == 0 || (node.Operator is Conv or QuantConv && !node.Input(1)!.IsConstant))
        {
            return null;
        }
        for (int i = 0; i < rank - 1; i++)
        {
            if (kernel[i] != 1 || strides[i] != 1 || pads[i] != 0 || pads[rank + i] != 0)
            {
                return null;
            }
        }
        return new SlidingWindow(node.Operator, ((kernel[^1] - 1) * dilations[^1]) + 1, strides[^1], pads[rank - 1], pads[^1]);
    }

    /// <summary>Where the output's columns see only such columns of the input.</summary>
    public TimeAxis? Apply(TimeAxis input, int length)
    {
        int start = (input.Start + PadStart + Stride - 1) / Stride;
        int last = input.End - Extent + PadStart;
        int end = last < 0 ? 0 : Math.Min(length, (last / Stride) + 1);
        return end > start ? new TimeAxis(input.Stride * Stride, start, end) : null;
    }

    /// <summary>Behind the last column of the input that the first <paramref name="columns"/> columns of the output read; 0 for none.</summary>
    public int InputEnd(int columns) => columns == 0 ? 0 : ((columns - 1) * Stride) - PadStart + Extent;

    /// <summary>The same operator with other padding along time.</summary>
    public Operator WithPads(int start, int end)
    {
        int[] pads = Operator switch { Conv c => [.. c.Pads], QuantConv c => [.. c.Pads], PoolOperator p => [.. p.Pads], _ => [] };
        (pads[(pads.Length / 2) - 1], pads[^1]) = (start, end);
        return Operator switch
        {
            Conv c => c with { Pads = pads },
            MaxPool p => p with { Pads = pads },
            AveragePool p => p with { Pads = pads },
            QuantConv c => c with { Pads = pads },
            QuantAveragePool p => p with { Pads = pads },
            _ => Operator,
        };
    }
}
