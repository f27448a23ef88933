using Edge.Runtime.Graphs;
using Edge.Runtime.Operators;

namespace Edge.Convert.Quantize;

/// <summary>
/// The schemes of values that become integers of 16 bits: those that a node of <see cref="SchemePlan.Words"/> reads or computes, and what shares a range with them.
/// They use as many of the 16 bits as the sums of all products that read them leave room for in 32 bits.
/// </summary>
internal sealed class WordSchemes
{
    /// <summary>What is represented beyond the largest magnitude that calibration saw: bits are not scarce, and clipping costs more than a step.</summary>
    private const double Headroom = 1.125;

    /// <summary>Most that products may sum to: a bias has room beside it.</summary>
    private const double MostSum = int.MaxValue - QuantProduct.MostBias;

    /// <summary>Rounds in which scales are raised; they follow the depth of the graph only where results are tiny.</summary>
    private const int MostRounds = 16;

    private readonly Graph _graph;
    private readonly SchemePlan _plan;
    private readonly Dictionary<ValueRange, (double Scale, int Limit)> _chosen = new(ReferenceEqualityComparer.Instance);

    private WordSchemes(Graph graph, SchemePlan plan)
    {
        _graph = graph;
        _plan = plan;
    }

    /// <summary>Schemes for the values that get 16 bits.</summary>
    public static IReadOnlyDictionary<Value, Scheme> Resolve(Graph graph, SchemePlan plan)
    {
        var schemes = new WordSchemes(graph, plan);
        if (plan.Words.Count > 0)
        {
            schemes.Choose();
            for (int round = 0; round < MostRounds && schemes.Raise(); round++)
            {
            }
        }
        return schemes.ToDictionary();
    }

    private Dictionary<Value, Scheme> ToDictionary()
    {
        var result = new Dictionary<Value, Scheme>();
        foreach ((Value value, CalibratedValue calibrated) in _plan.Calibrated)
        {
            if (_chosen.TryGetValue(calibrated.Range, out (double Scale, int Limit) chosen))
            {
                result[value] = Scheme.Words((float)chosen.Scale, chosen.Limit);
            }
        }
        return result;
    }

    private void Choose()
    {
        var limits = new Dictionary<ValueRange, int>(ReferenceEqualityComparer.Instance);
        foreach (Node node in _graph.Nodes.Where(n => _plan.Words.Contains(n.Name) && !_plan.Keep.Contains(n.Name)))
        {
            foreach (Value value in node.Inputs.OfType<Value>().Concat(node.Outputs.Select(Result)))
            {
                if (_plan.Calibrated.TryGetValue(value, out CalibratedValue? calibrated))
                {
                    limits[calibrated.Range] = short.MaxValue;
                }
            }
        }
        foreach (Node node in _graph.Nodes)
        {
            if (node.Input(0) is { } x && _plan.Calibrated.TryGetValue(x, out CalibratedValue? read) && limits.TryGetValue(read.Range, out int limit)
                && !_plan.Keep.Contains(node.Name) && QuantProduct.Read(node, _plan, out _) is { } product)
            {
                limits[read.Range] = (int)Math.Min(limit, MostSum / Math.Max(1, product.LargestSum(node, _plan)));
            }
        }
        foreach ((ValueRange range, int limit) in limits.Where(l => l.Value > sbyte.MaxValue))
        {
            double largest = Math.Max(Math.Max(Math.Abs((double)range.Min), Math.Abs((double)range.Max)), 1e-6);
            _chosen[range] = (Headroom * largest / limit, limit);
        }
    }

    /// <summary>Raises scales where a step of a result would be less than one of the sums that it comes from.</summary>
    /// <returns>Whether any was raised.</returns>
    private bool Raise()
    {
        bool raised = false;
        foreach (Node node in _graph.Nodes)
        {
            Value result = Result(node.Outputs[0]);
            if (_plan.Calibrated.TryGetValue(result, out CalibratedValue? calibrated) && _chosen.TryGetValue(calibrated.Range, out (double Scale, int Limit) chosen)
                && LeastScale(node) is var least && least > chosen.Scale)
            {
                _chosen[calibrated.Range] = (least * (1 + 1e-6), chosen.Limit);
                raised = true;
            }
        }
        return raised;
    }

    /// <summary>The scale that a result has at least: rescaling multiplies by at most 1.</summary>
    private double LeastScale(Node node)
    {
        if (node.Input(0) is not { } x || _plan.Keep.Contains(node.Name) || !_plan.Values.TryGetValue(x, out Scheme? scheme))
        {
            return 0;
        }
        double scale = _plan.Calibrated.TryGetValue(x, out CalibratedValue? calibrated) && _chosen.TryGetValue(calibrated.Range, out (double Scale, int Limit) chosen) ? chosen.Scale : scheme.Scale;
        return node.Operator switch
        {
            Conv or Gemm or BatchNorm => QuantProduct.Read(node, _plan, out _) is { } product ? scale * product.Scales(node, _plan, (float)scale, any: 0).DefaultIfEmpty().Max() : 0,
            AveragePool pool => scale / LeastTaps(pool),
            GlobalAveragePool => scale / Math.Max(1, x.Info.KnownShape.CountRange(2, x.Info.KnownShape.Rank)),
            _ => 0,
        };
    }

    /// <summary>Elements that a mean is over at least.</summary>
    private static double LeastTaps(AveragePool pool) =>
        pool.CountIncludePad || (pool.Pads.All(p => p == 0) && !pool.CeilMode) ? pool.Kernel.Aggregate(1.0, (taps, size) => taps * size) : 1;

    private Value Result(Value output) => Absorption.Of(_graph, _plan, output).Result;
}
