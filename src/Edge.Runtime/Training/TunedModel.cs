using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>A model file around tuned weights.</summary>
internal static class TunedModel
{
    /// <summary>Of golden samples that are not computed in integers alone: devices add in other orders.</summary>
    private const float FloatTolerance = 1e-3f;

    /// <summary>
    /// The file with another graph: golden samples are computed anew for their inputs, statistics of values, which no longer hold,
    /// are left out.
    /// </summary>
    /// <param name="labels">Of the new classes; empty = as before.</param>
    public static ModelFile Create(ModelFile file, Graph graph, IReadOnlyList<string> labels)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        float least = graph.Nodes.Any(n => n.Operator is Conv or Gemm or MatMul) ? FloatTolerance : 0;
        GoldenSample[] goldens = [.. file.Goldens.Select(g => g with { Outputs = GoldenSample.OutputsOf(session.Run(g.InputValues()), Math.Max(g.Tolerance, least)), Tolerance = Math.Max(g.Tolerance, least) })];
        return file with { Graph = graph, Labels = labels.Count > 0 ? [.. labels] : file.Labels, Goldens = goldens, Statistics = [] };
    }

    /// <summary>The model that a delta makes of another.</summary>
    /// <exception cref="EdgeException">The delta names weights that the model does not have, or of another shape.</exception>
    public static ModelFile Apply(ModelFile file, WeightDelta delta, string? place)
    {
        bool newHead = delta.Classes > 0 && delta.Classes != HeadReplacer.Classes(file.Graph);
        Graph graph = newHead ? HeadReplacer.Replace(file.Graph, delta.Classes, 0) : file.Graph;
        var constants = new Dictionary<Value, Tensor>();
        Dictionary<string, Value> byName = graph.Values().Where(v => v.IsConstant).ToDictionary(v => v.Name, StringComparer.Ordinal);
        foreach ((string name, Tensor tensor) in delta.Weights)
        {
            if (!byName.TryGetValue(name, out Value? value) || value.Info.Type != tensor.Type || value.Info.KnownShape != tensor.Shape)
            {
                throw new EdgeException(EdgeError.BadDelta, $"the delta has weights '{name}' {tensor.Info}, the model {value?.Info.ToString() ?? "has none of that name"}", "apply it to the model that was tuned", place);
            }
            constants[value] = tensor;
        }
        return Create(file, GraphCopy.WithConstants(graph, constants), delta.Labels);
    }
}
