using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Onnx;

/// <summary>
/// Computes nodes whose inputs are all constant, on the same kernels that would run them. Keeps an account of the bytes made,
/// so that a small file cannot ask for more memory than <see cref="Limits.MaxFoldedBytes"/>.
/// </summary>
internal sealed class ConstantEvaluator
{
    /// <summary>Results with up to this many elements are folded already while importing.</summary>
    private const int SmallCount = 4096;

    private long _bytes;

    /// <summary>
    /// The outputs of <paramref name="node"/> where they are small and can be computed now, else null. Weights that are kept as integers stay
    /// that: what their scales are matters to quantization.
    /// </summary>
    public Tensor[]? TryFoldSmall(Node node) =>
        node.Operator is not DequantizeLinear
        && node.Outputs.All(o => o.Info.Shape is not { } s || s.Count <= SmallCount)
        && node.Inputs.All(i => i is null || i.Constant is { Count: <= SmallCount })
            ? TryFold(node)
            : null;

    /// <summary>The outputs of <paramref name="node"/> where all inputs are constant and the operator is deterministic, else null.</summary>
    public Tensor[]? TryFold(Node node)
    {
        if (!node.Operator.IsDeterministic || node.Inputs.Any(i => i is { IsConstant: false }))
        {
            return null;
        }
        long bytes = node.Outputs.Sum(o => o.Info.IsKnown ? o.Info.Bytes : 0);
        if (_bytes + bytes > Limits.MaxFoldedBytes)
        {
            throw new EdgeException(EdgeError.TooLarge, $"constants computed from the model pass {Limits.MaxFoldedBytes} bytes", "the model is damaged, or not meant for inference", node.Place);
        }
        _bytes += bytes;
        var graph = new Graph("fold");
        Value?[] inputs = [.. node.Inputs.Select(i => i is null ? null : graph.AddConstant(i.Name, i.Constant!))];
        Node copy = graph.AddNode(node.Name, node.Operator, inputs, [.. node.Outputs.Select(o => o.Name)]);
        foreach (Value output in copy.Outputs)
        {
            graph.AddOutput(output);
        }
        try
        {
            using var session = new InferenceSession(graph, new SessionOptions { Threads = 1, Kernels = KernelQuery.Default });
            return session.Run([]);
        }
        catch (EdgeException exception) when (exception.Error == EdgeError.NoKernel)
        {
            return null; // float16 before it is lowered
        }
    }
}
