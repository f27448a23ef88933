using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>
/// The heads of a model that has several: its last convolutions and products, and the arithmetic behind them that makes boxes, scores and landmarks of what
/// they find. Nothing averages their rounding out any more, exp and anchors enlarge it, and few products are theirs: where they alone would
/// leave an output less than 40 dB, what leads to that output gets 16 bits from the last convolution on, or stays in float32 where these do not do either. Of
/// models with one head (classifiers) only an average behind the last convolution may get them, with what follows: a mean of many integers is finer than an
/// integer, and classes that are close would become equal.
/// </summary>
internal static class OutputHeads
{
    /// <summary>Why a node stays in float32.</summary>
    public const string Reason = "it belongs to a head that would make more noise in an output than is worth the time it saves";

    /// <summary>Signal to noise in decibels that the heads alone have to leave an output.</summary>
    private const double Enough = 40;

    /// <summary>Finds the heads of a graph that need more than 8 bits. <paramref name="plan"/> is used up.</summary>
    /// <param name="noise">Of <paramref name="graph"/>.</param>
    public static HeadNodes Find(Graph graph, SchemePlan plan, OutputNoise noise)
    {
        Node[] behind = [.. graph.Nodes.Where(n => !n.Outputs.Any(Moves.LeadsToProduct))];
        if (behind.Count(n => n.Operator is Conv or Gemm) < 2)
        {
            behind = [.. behind.SkipWhile(n => n.Operator is not (AveragePool or GlobalAveragePool))];
        }
        if (behind.Length == 0)
        {
            return HeadNodes.None;
        }
        plan.HasIslands = true;
        plan.Keep.UnionWith(graph.Nodes.Except(behind).Select(n => n.Name));
        HashSet<string> words = Poor(graph, plan, noise, behind);
        if (words.Count == 0)
        {
            return HeadNodes.None;
        }
        plan.Words.UnionWith(words);
        HashSet<string> floats = Poor(graph, plan, noise, behind);
        words.ExceptWith(floats);
        return new HeadNodes(floats, words);
    }

    /// <summary>Names of those that lead to an output with too much noise.</summary>
    private static HashSet<string> Poor(Graph graph, SchemePlan plan, OutputNoise noise, Node[] behind)
    {
        double[] snr = noise.Measure(Int8Builder.Build(graph, plan).Graph).Each;
        IEnumerable<Value> poor = graph.Outputs.Where((_, i) => snr[i] < Enough);
        return [.. poor.SelectMany(o => LeadingTo(o).Intersect(behind)).Select(n => n.Name)];
    }

    private static HashSet<Node> LeadingTo(Value output)
    {
        var found = new HashSet<Node>();
        var open = new Stack<Value>([output]);
        while (open.TryPop(out Value? value))
        {
            if (value.Producer is { } node && found.Add(node))
            {
                foreach (Value input in node.Inputs.OfType<Value>())
                {
                    open.Push(input);
                }
            }
        }
        return found;
    }
}

/// <summary>Names of nodes that need more than 8 bits.</summary>
internal sealed record HeadNodes(IReadOnlySet<string> Floats, IReadOnlySet<string> Words)
{
    public static readonly HeadNodes None = new(new HashSet<string>(), new HashSet<string>());
}
