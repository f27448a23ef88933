using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>A node with weights, and the biases, scales and slopes that follow it up to the next one.</summary>
/// <param name="Name">Name of the node.</param>
/// <param name="Weights">Float32 constants that training may change; none for a layer of integers, which is written in float32 to be trained (<see cref="QuantizedTail"/>).</param>
public sealed record TrainableLayer(string Name, IReadOnlyList<Value> Weights)
{
    /// <summary>Number of weights.</summary>
    public long Count => Weights.Sum(w => w.Info.KnownShape.Count);

    /// <summary>The layers of a graph, in order.</summary>
    public static TrainableLayer[] Find(Graph graph)
    {
        var layers = new List<(string Name, List<Value> Weights)>();
        var seen = new HashSet<Value>();
        foreach (Node node in graph.Nodes)
        {
            Value[] weights = [.. node.Operator.Parameters.Select(node.Input).OfType<Value>().Where(v => IsWeight(v) && seen.Add(v))];
            if (node.Operator is QuantConv)
            {
                layers.Add((node.Name, []));
                continue;
            }
            bool isLayer = node.Operator is Conv or ConvTranspose or Gemm or MatMul;
            if (weights.Length == 0 || (!isLayer && layers.Count == 0))
            {
                continue;
            }
            if (isLayer)
            {
                layers.Add((node.Name, []));
            }
            layers[^1].Weights.AddRange(weights);
        }
        return [.. layers.Select(l => new TrainableLayer(l.Name, l.Weights))];
    }

    /// <summary>The layers that a choice names: <c>all</c>, <c>last:K</c>, or node names separated by commas.</summary>
    /// <exception cref="EdgeException">The choice names no layer.</exception>
    public static TrainableLayer[] Select(Graph graph, string choice)
    {
        TrainableLayer[] layers = Find(graph);
        if (layers.Length == 0)
        {
            throw new EdgeException(EdgeError.BadOption, "the model has no weights that could be trained", "give another model");
        }
        if (choice == "all")
        {
            return layers;
        }
        if (choice.StartsWith("last:", StringComparison.Ordinal))
        {
            return int.TryParse(choice.AsSpan(5), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int count) && count >= 1 && count <= layers.Length
                ? layers[^count..]
                : throw new EdgeException(EdgeError.BadOption, $"the layers are '{choice}', expected last:1 to last:{layers.Length}");
        }
        string[] names = choice.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (string name in names.Where(n => layers.All(l => l.Name != n)).Take(1))
        {
            throw new EdgeException(EdgeError.BadOption, $"the model has no layer '{name}'", $"use all, last:K, or some of {string.Join(", ", layers.Select(l => l.Name))}");
        }
        return names.Length > 0 ? [.. layers.Where(l => names.Contains(l.Name))] : throw new EdgeException(EdgeError.BadOption, "no layers are named", "use all, last:K, or names");
    }

    /// <summary>Scalars are constants of formulas (an epsilon, a factor), not weights.</summary>
    private static bool IsWeight(Value value) => value is { IsConstant: true, Info: { Type: DataType.F32, Shape: { Rank: > 0, Count: > 0 } } };
}
