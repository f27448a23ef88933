using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>
/// Fresh weights: uniform in ±1 / sqrt(fan in) for weights and biases of convolutions and matrix products (PyTorch's default, after He
/// et al., 2015, with a = sqrt(5)); scales of batch normalization become 1, its biases 0; other weights stay.
/// </summary>
public static class WeightInitializer
{
    /// <summary>New values for those of <paramref name="weights"/> that nodes of <paramref name="graph"/> read.</summary>
    public static Dictionary<Value, Tensor> Create(Graph graph, IReadOnlyList<Value> weights, ulong seed)
    {
        var random = new SeededRandom(seed);
        var wanted = new HashSet<Value>(weights);
        var result = new Dictionary<Value, Tensor>();
        foreach (Node node in graph.Nodes)
        {
            foreach (int index in node.Operator.Parameters)
            {
                if (node.Input(index) is { } value && wanted.Remove(value) && Create(node, index, value, random) is { } tensor)
                {
                    result[value] = tensor;
                }
            }
        }
        return result;
    }

    /// <summary>Inputs that one output sums over.</summary>
    internal static long FanIn(Operator op, Shape weights) => op switch
    {
        Conv => weights.CountRange(1, weights.Rank),
        ConvTranspose => weights[1] * weights.CountRange(2, weights.Rank),
        Gemm gemm => gemm.TransB ? weights[1] : weights[0],
        MatMul => weights.Rank > 1 ? weights[^2] : weights[0],
        _ => 0,
    };

    private static Tensor? Create(Node node, int index, Value value, SeededRandom random)
    {
        Tensor tensor = Tensor.Allocate(value.Info);
        if (node.Operator is BatchNorm)
        {
            tensor.Span<float>().Fill(index == 1 ? 1 : 0);
            return tensor;
        }
        Value? weights = node.Operator is MatMul ? value : node.Input(1);
        long fanIn = weights is null ? 0 : FanIn(node.Operator, weights.Info.KnownShape);
        if (fanIn == 0)
        {
            return null;
        }
        float limit = (float)(1 / Math.Sqrt(fanIn));
        foreach (ref float w in tensor.Span<float>())
        {
            w = random.NextSymmetric(limit);
        }
        return tensor;
    }
}
