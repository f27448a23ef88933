using Edge.Kernels.Elementwise;
using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Passes.Fuse;

/// <summary>Turns MatMul of matrices with constant weights into Gemm, and Gemm followed by Add of a constant into Gemm with a bias.</summary>
internal sealed class FuseGemmBias : IPass
{
    public string Name => nameof(FuseGemmBias);

    public int Run(Graph graph, PassLog log)
    {
        int fused = 0;
        foreach (Node node in graph.Walk())
        {
            fused += node.Operator switch
            {
                MatMul => Rename(graph, node, log) ? 1 : 0,
                Binary { Kind: "Add" } => AddBias(graph, node, log) ? 1 : 0,
                _ => 0,
            };
        }
        return fused;
    }

    private static bool Rename(Graph graph, Node node, PassLog log)
    {
        if (node.Inputs[0]!.Info.Shape is not { Rank: 2 } || node.Inputs[1]!.Info.Shape is not { Rank: 2 } || !node.Inputs[1]!.IsConstant || !node.Outputs[0].IsF32())
        {
            return false;
        }
        log.Rewrote($"{node.Place} multiplies matrices: Gemm");
        node.Operator = new Gemm { Activation = ((MatMul)node.Operator).Activation };
        return true;
    }

    private static bool AddBias(Graph graph, Node add, PassLog log)
    {
        for (int index = 0; index < 2; index++)
        {
            if (add.ProducerOf<Gemm>(index) is not { } product || add.Input(1 - index) is not { IsConstant: true } bias)
            {
                continue;
            }
            if (WhyNot(graph, product, bias) is { } reason)
            {
                log.Skipped(product, $"{add.Place} is not fused: {reason}");
                continue;
            }
            Operator op = ActivationSlot.With((Gemm)product.Operator with { Beta = 1 }, ((Binary)add.Operator).Activation);
            graph.Fuse(log, product.Name, op, [product.Input(0), product.Input(1), bias], product, add);
            return true;
        }
        return false;
    }

    private static string? WhyNot(Graph graph, Node product, Value bias)
    {
        Value output = product.Outputs[0];
        var activation = ((Gemm)product.Operator).Activation;
        return graph.WhyNotPrivate(output)
            ?? (!output.IsF32() ? $"it computes {output.Info.Type}" : null)
            ?? (product.Input(2) is not null ? "it already adds a bias" : null)
            ?? (activation.Kind != ActivationKind.None ? $"it already applies {activation}" : null)
            ?? (Broadcast.TryCombine(bias.Info.KnownShape, output.Info.KnownShape) != output.Info.KnownShape ? $"the constant has shape {bias.Info.KnownShape}" : null);
    }
}
