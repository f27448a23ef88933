using Edge.Kernels.Tensors;
using Edge.Runtime.Graphs;

namespace Edge.Convert.Quantize;

/// <summary>How much noise each quantized node alone makes in the outputs.</summary>
internal static class Sensitivity
{
    /// <summary>Samples that sensitivities are measured on.</summary>
    private const int Samples = 4;

    /// <summary>
    /// Nodes that compute integers under <paramref name="plan"/>, most sensitive first, with the signal to noise of the outputs in decibels when they alone
    /// are quantized; in 16 bits where 8 cannot hold their sums.
    /// </summary>
    public static (string Node, double Snr)[] Rank(Graph graph, SchemePlan plan, IReadOnlyList<LayerDecision> decisions, IReadOnlyList<Tensor[]> samples, IProgress<string>? progress)
    {
        var noise = new OutputNoise(graph, [.. samples.Take(Samples)]);
        string[] candidates = [.. decisions.Where(d => d.Reason is null).Select(d => d.Node)];
        (HashSet<string> kept, HashSet<string> words) = ([.. plan.Keep], [.. plan.Words]);
        var ranked = new List<(string Node, double Snr)>();
        plan.HasIslands = true;
        for (int i = 0; i < candidates.Length; i++)
        {
            progress?.Report($"measuring sensitivity {i + 1} / {candidates.Length}");
            plan.Keep.UnionWith(candidates);
            plan.Keep.Remove(candidates[i]);
            Int8Form form = Int8Builder.Build(graph, plan);
            if (form.Decisions.First(d => d.Node == candidates[i]).Reason is not null && plan.Words.Add(candidates[i]))
            {
                form = Int8Builder.Build(graph, plan);
            }
            ranked.Add((candidates[i], noise.Snr(form.Graph)));
            plan.Choose(kept, words);
        }
        plan.HasIslands = false;
        return [.. ranked.OrderBy(r => r.Snr).ThenBy(r => r.Node, StringComparer.Ordinal)];
    }
}
