using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;
using Edge.Runtime.Format;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Training;

/// <summary>A model file around tuned weights.</summary>
internal static class TunedModel
{
    /// <summary>
    /// The file with another graph: golden samples are computed anew for their inputs, statistics of values, which no longer hold,
    /// are left out.
    /// </summary>
    /// <param name="labels">Of the new classes; empty = as before.</param>
    public static ModelFile Create(ModelFile file, Graph graph, IReadOnlyList<string> labels)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = 1 });
        GoldenSample[] goldens = [.. file.Goldens.Select(g => g with { Outputs = session.Run(g.Inputs) })];
        return file with { Graph = graph, Labels = labels.Count > 0 ? [.. labels] : file.Labels, Goldens = goldens, Statistics = [] };
    }

    /// <summary>The file with other values for named constants.</summary>
    public static ModelFile Create(ModelFile file, IReadOnlyDictionary<string, Tensor> weights, IReadOnlyList<string> labels)
    {
        Dictionary<Value, Tensor> constants = file.Graph.Values().Where(v => v.IsConstant && weights.ContainsKey(v.Name)).ToDictionary(v => v, v => weights[v.Name]);
        return Create(file, GraphCopy.WithConstants(file.Graph, constants), labels);
    }
}
