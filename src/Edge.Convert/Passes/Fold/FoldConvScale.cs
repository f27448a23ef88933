using Edge.Kernels.Elementwise;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fold;

/// <summary>
/// Folds Add, Sub, Mul and Div by a constant per channel into the weights and bias of the Conv, ConvTranspose or Gemm before
/// it, or of the Conv or Gemm after it (normalization of the input).
/// </summary>
internal sealed class FoldConvScale : IPass
{
    public string Name => nameof(FoldConvScale);

    public int Run(Graph graph, PassLog log)
    {
        int folded = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Operator is Binary && ActivationSlot.Of(node.Operator) is not null && node.Outputs[0].IsF32())
            {
                folded += Fold(graph, node, log) ? 1 : 0;
            }
        }
        return folded;
    }

    private static bool Fold(Graph graph, Node node, PassLog log)
    {
        for (int index = 0; index < 2; index++)
        {
            if (node.Input(1 - index) is { IsConstant: true } && node.Input(index) is { IsConstant: false }
                && ChannelAffine.FromBinary(node, index) is { IsFinite: true } affine
                && (FoldIntoProducer(graph, node, index, affine, log) || FoldIntoReader(graph, node, index, affine, log)))
            {
                return true;
            }
        }
        return false;
    }

    private static bool FoldIntoProducer(Graph graph, Node node, int index, ChannelAffine affine, PassLog log)
    {
        if (node.Input(index)?.Producer is not { Operator: Conv or ConvTranspose or Gemm } producer)
        {
            return false;
        }
        if ((graph.WhyNotPrivate(producer.Outputs[0]) ?? ChannelAffine.WhyNotFoldableAfter(producer)) is { } reason)
        {
            log.Skipped(producer, $"{node.Place} is not folded: {reason}");
            return false;
        }
        (Operator op, Value?[] inputs) = affine.AfterNode(graph, producer);
        graph.Fuse(log, producer.Name, ActivationSlot.With(op, ((Binary)node.Operator).Activation), inputs, producer, node);
        return true;
    }

    private static bool FoldIntoReader(Graph graph, Node node, int index, ChannelAffine affine, PassLog log)
    {
        Value output = node.Outputs[0];
        if (((Binary)node.Operator).Activation.Kind != ActivationKind.None || output.Consumers.Count != 1 || output.Consumers[0] is not { Operator: Conv or Gemm } reader || reader.Input(0) != output)
        {
            return false;
        }
        if ((graph.WhyNotPrivate(output) ?? InputFolding.WhyNot(reader, affine)) is { } reason)
        {
            log.Skipped(node, $"it is not folded into {reader.Place}: {reason}");
            return false;
        }
        (Operator op, Value?[] inputs) = affine.BeforeNode(graph, reader);
        inputs[0] = node.Input(index);
        graph.Fuse(log, reader.Name, op, inputs, node, reader);
        return true;
    }
}
