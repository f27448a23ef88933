using Edge.Kernels.Elementwise;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fold;

/// <summary>
/// Folds batch normalization with constant statistics into the weights and bias of the Conv, ConvTranspose or Gemm before it,
/// else of the Conv or Gemm after it, where padding allows. What stands alone stays.
/// </summary>
internal sealed class FoldBatchNorm : IPass
{
    public string Name => nameof(FoldBatchNorm);

    public int Run(Graph graph, PassLog log)
    {
        int folded = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Operator is BatchNorm { Training: false } norm && node.Outputs[0].IsF32())
            {
                folded += Fold(graph, node, norm, log) ? 1 : 0;
            }
        }
        return folded;
    }

    private static bool Fold(Graph graph, Node node, BatchNorm norm, PassLog log)
    {
        if (node.Inputs.Skip(1).Any(i => i is not { IsConstant: true }))
        {
            log.Skipped(node, "scale, bias, mean or variance is not constant");
            return false;
        }
        double[][] statistics = [.. node.Inputs.Skip(1).Select(i => i!.Constant!.ToDouble())];
        ChannelAffine affine = ChannelAffine.FromStatistics(statistics[0], statistics[1], statistics[2], statistics[3], norm.Epsilon);
        if (!affine.IsFinite)
        {
            log.Skipped(node, "its statistics are not finite, or a variance is negative");
            return false;
        }
        string? before = FoldIntoProducer(graph, node, affine, norm.Activation, log);
        string? after = before is null ? null : norm.Activation.Kind != ActivationKind.None ? $"it applies {norm.Activation}" : FoldIntoReader(graph, node, affine, log);
        if (before is not null && after is not null)
        {
            log.Skipped(node, $"{before}; {after}");
        }
        return before is null || after is null;
    }

    private static string? FoldIntoProducer(Graph graph, Node node, ChannelAffine affine, Activation activation, PassLog log)
    {
        if (node.Input(0)!.Producer is not { Operator: Conv or ConvTranspose or Gemm } producer)
        {
            return "no Conv or Gemm comes before it";
        }
        if ((graph.WhyNotPrivate(producer.Outputs[0]) ?? ChannelAffine.WhyNotFoldableAfter(producer)) is { } reason)
        {
            return $"{producer.Place} before it: {reason}";
        }
        (Operator op, Value?[] inputs) = affine.AfterNode(graph, producer);
        graph.Fuse(log, producer.Name, ActivationSlot.With(op, activation), inputs, producer, node);
        return null;
    }

    private static string? FoldIntoReader(Graph graph, Node node, ChannelAffine affine, PassLog log)
    {
        Value output = node.Outputs[0];
        if (graph.WhyNotPrivate(output) is { } shared)
        {
            return shared;
        }
        if (output.Consumers[0] is not { Operator: Conv or Gemm } reader || reader.Input(0) != output)
        {
            return "no Conv or Gemm comes after it";
        }
        if (InputFolding.WhyNot(reader, affine) is { } reason)
        {
            return $"{reader.Place} after it: {reason}";
        }
        (Operator op, Value?[] inputs) = affine.BeforeNode(graph, reader);
        inputs[0] = node.Input(0);
        graph.Fuse(log, reader.Name, op, inputs, node, reader);
        return null;
    }
}
