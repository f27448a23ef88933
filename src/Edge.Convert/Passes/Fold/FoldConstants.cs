using Edge.Convert.Onnx;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Passes.Fold;

/// <summary>
/// Computes nodes whose inputs are all constant. A result that is much larger than what it is made from stays a node, so that
/// the file does not grow: it is folded up to 1 MiB, up to four times the bytes of its inputs, or where it is a weight that
/// kernels want to pack.
/// </summary>
internal sealed class FoldConstants : IPass
{
    private const long AlwaysFoldedBytes = 1 << 20;
    private const long MostGrowth = 4;

    /// <summary>Operators whose inputs from 1 on are weights.</summary>
    private static readonly HashSet<string> WeightReaders = new(StringComparer.Ordinal) { "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNorm" };

    public string Name => nameof(FoldConstants);

    public int Run(Graph graph, PassLog log)
    {
        var evaluator = new ConstantEvaluator();
        int folded = 0;
        foreach (Node node in graph.Walk())
        {
            if (node.Inputs.Any(i => i is { IsConstant: false }) || !MayGrow(node, log) || evaluator.TryFold(node) is not { } constants)
            {
                continue;
            }
            graph.ReplaceByConstants(node, constants);
            log.Rewrote($"{node.Place} is constant");
            folded++;
        }
        if (folded > 0)
        {
            graph.InferAll();
        }
        return folded;
    }

    private static bool MayGrow(Node node, PassLog log)
    {
        long bytes = node.Outputs.Sum(o => o.Info.IsKnown ? o.Info.Bytes : 0);
        long most = Math.Max(AlwaysFoldedBytes, MostGrowth * node.Inputs.Sum(i => i?.Constant?.Bytes ?? 0));
        if (bytes <= most || node.Outputs.Any(IsWeight))
        {
            return true;
        }
        log.Skipped(node, $"the constant would have {bytes} bytes, more than {most}");
        return false;
    }

    private static bool IsWeight(Value value) =>
        value.Consumers.Any(c => WeightReaders.Contains(c.Operator.Kind) && c.Inputs.Skip(1).Contains(value));
}
