using Edge.Kernels.Movement;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fuse;

/// <summary>
/// Moves constant padding of the spatial axes into the Conv or pooling operator that reads it: zeros into Conv and into an
/// AveragePool that counts padding, minus infinity into MaxPool.
/// </summary>
internal sealed class FusePad : IPass
{
    public string Name => nameof(FusePad);

    public int Run(Graph graph, PassLog log)
    {
        int fused = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.ProducerOf<Pad>(0) is { } pad && node.Operator is Conv or MaxPool or AveragePool)
            {
                fused += Fuse(graph, pad, node, log) ? 1 : 0;
            }
        }
        return fused;
    }

    private static bool Fuse(Graph graph, Node pad, Node reader, PassLog log)
    {
        if (WhyNot(pad, reader) is { } reason)
        {
            log.Skipped(reader, $"{pad.Place} is not fused: {reason}");
            return false;
        }
        int[] added = Spatial(((Pad)pad.Operator).Pads!);
        Operator op = reader.Operator switch
        {
            Conv conv => conv with { Pads = Sum(conv.Pads, added) },
            MaxPool pool => pool with { Pads = Sum(pool.Pads, added) },
            AveragePool pool => pool with { Pads = Sum(pool.Pads, added), CountIncludePad = true },
            _ => throw new InvalidOperationException($"{reader.Place} has no padding"),
        };
        Value?[] inputs = [pad.Input(0), .. reader.Inputs.Skip(1)];
        graph.Fuse(log, reader.Name, op, inputs, pad, reader);
        return true;
    }

    private static string? WhyNot(Node pad, Node reader)
    {
        var op = (Pad)pad.Operator;
        if (op.Mode != PadMode.Constant || op.Pads is not { } pads || pads.Length < 6 || pads.Any(p => p < 0))
        {
            return "it does not add constants";
        }
        int rank = pads.Length / 2;
        if (pads[0] != 0 || pads[1] != 0 || pads[rank] != 0 || pads[rank + 1] != 0)
        {
            return "it pads the batch or the channels";
        }
        double? value = PaddedValue(pad);
        return reader.Operator switch
        {
            Conv => value == 0 ? null : "it does not pad with zeros",
            MaxPool pool => value != double.NegativeInfinity ? "it does not pad with minus infinity" : WhyNotPooled(pool, reader, pads),
            AveragePool pool => value != 0 ? "it does not pad with zeros"
                : pool.Pads.Any(p => p != 0) && !pool.CountIncludePad ? "the pooling pads without counting"
                : WhyNotPooled(pool, reader, pads),
            _ => "it does not pad",
        };
    }

    /// <summary>A window has to see the input, and a last partial window has to begin in the input or its padding before it.</summary>
    private static string? WhyNotPooled(PoolOperator pool, Node reader, int[] pads)
    {
        int[] sums = Sum(pool.Pads, Spatial(pads));
        return pool.CeilMode ? "the pooling rounds its size up"
            : reader.Outputs.Count > 1 ? "the pooling also gives positions"
            : sums.Where((p, i) => p >= pool.Kernel[i % pool.Kernel.Length]).Any() ? "a window would lie in the padding"
            : null;
    }

    private static double? PaddedValue(Node pad) => pad.Input(2) is null ? ((Pad)pad.Operator).Value : pad.Input(2).Uniform();

    private static int[] Spatial(int[] pads)
    {
        int rank = pads.Length / 2;
        return [.. pads[2..rank], .. pads[(rank + 2)..]];
    }

    private static int[] Sum(int[] a, int[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
