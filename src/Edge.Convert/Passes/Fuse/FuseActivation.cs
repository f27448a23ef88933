using Edge.Kernels.Elementwise;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fuse;

/// <summary>
/// Moves an activation into the operator before it, whose kernel applies it while the result is still in registers:
/// Conv, ConvTranspose, Gemm, MatMul, DynamicConv, BatchNorm, Add, Sub, Mul, Div, Max, Min.
/// </summary>
internal sealed class FuseActivation : IPass
{
    public string Name => nameof(FuseActivation);

    public int Run(Graph graph, PassLog log)
    {
        int fused = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Operator is Unary unary && unary.AsActivation() is { } activation
                && node.Input(0)?.Producer is { } producer && ActivationSlot.Of(producer.Operator) is { } present)
            {
                fused += Fuse(graph, producer, present, node, activation, log) ? 1 : 0;
            }
        }
        return fused;
    }

    private static bool Fuse(Graph graph, Node producer, Activation present, Node node, Activation activation, PassLog log)
    {
        string? reason = graph.WhyNotPrivate(producer.Outputs[0])
            ?? (!node.Outputs[0].IsF32() ? $"it computes {producer.Outputs[0].Info.Type}" : null)
            ?? (producer.Operator is DynamicConv && !DynamicConv.CanApply(activation) ? $"{activation} is no limit" : null)
            ?? (present.Kind != ActivationKind.None ? $"it already applies {present}" : null);
        if (reason is not null)
        {
            log.Skipped(producer, $"{node.Place} is not fused: {reason}");
            return false;
        }
        graph.Fuse(log, producer.Name, ActivationSlot.With(producer.Operator, activation), producer.Inputs, producer, node);
        return true;
    }
}
