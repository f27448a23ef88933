using Edge.Kernels.Elementwise;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fuse;

/// <summary>
/// Turns Conv followed by Add into a Conv with a residual: the sum, and the activation of the Add, are computed while the
/// result of the convolution is in registers. Where both operands are convolutions, the later one takes the sum over. The fused
/// node stands where the Add stood, so the residual is computed before it.
/// </summary>
internal sealed class FuseConvAdd : IPass
{
    public string Name => nameof(FuseConvAdd);

    public int Run(Graph graph, PassLog log)
    {
        int fused = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Operator is Binary { Kind: "Add" })
            {
                fused += Fuse(graph, node, log) ? 1 : 0;
            }
        }
        return fused;
    }

    private static bool Fuse(Graph graph, Node add, PassLog log)
    {
        IEnumerable<int> candidates = Enumerable.Range(0, 2)
            .Where(i => add.ProducerOf<Conv>(i) is not null && add.Input(1 - i)!.Constant?.Count != 1)
            .OrderByDescending(i => graph.PositionOf(add.Input(i)!.Producer!));
        foreach (int index in candidates)
        {
            Node conv = add.Input(index)!.Producer!;
            Value residual = add.Input(1 - index)!;
            if (WhyNot(graph, conv, residual) is { } reason)
            {
                log.Skipped(conv, $"{add.Place} is not fused: {reason}");
                continue;
            }
            Operator op = ActivationSlot.With(conv.Operator, ((Binary)add.Operator).Activation);
            graph.Fuse(log, conv.Name, op, [conv.Input(0), conv.Input(1), conv.Input(2), residual], conv, add);
            return true;
        }
        return false;
    }

    private static string? WhyNot(Graph graph, Node conv, Value residual)
    {
        Value output = conv.Outputs[0];
        return graph.WhyNotPrivate(output)
            ?? (!output.IsF32() ? $"it computes {output.Info.Type}" : null)
            ?? (conv.Input(3) is not null ? "it already adds a residual" : null)
            ?? (ActivationSlot.Of(conv.Operator) is { Kind: not ActivationKind.None } activation ? $"it already applies {activation}" : null)
            ?? (residual.Info != output.Info ? $"the other operand is {residual.Info}, the convolution computes {output.Info}" : null);
    }
}
