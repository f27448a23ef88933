using Edge.Kernels.Dispatch;

namespace Edge.Bench.Rows;

/// <summary>Finds the cost model under which the planner's choices lose least time on this machine.</summary>
internal static class CostFit
{
    private const int Rounds = 6;

    /// <summary>How much a wrong estimate counts beside a wrong choice.</summary>
    private const double WeightOfEstimates = 0.02;

    /// <summary>The geometric mean of chosen time over best time; 1 = every choice is the best one.</summary>
    /// <param name="model">null = each row's own.</param>
    public static double Loss(IReadOnlyCollection<RowTimes> times, CostModel? model) =>
        Math.Exp(times.Average(t => Math.Log(t.Choice(model).Milliseconds / t.Best.Milliseconds)));

    /// <summary>Coordinate descent from <paramref name="start"/>, in finer and finer steps.</summary>
    public static CostModel Fit(IReadOnlyCollection<RowTimes> times, CostModel start)
    {
        CostModel best = start;
        double least = Badness(times, best);
        double factor = 1.6;
        for (int round = 0; round < Rounds; round++)
        {
            for (bool improved = true; improved;)
            {
                improved = false;
                foreach (CostModel candidate in Neighbours(best, factor))
                {
                    double badness = Badness(times, candidate);
                    if (badness < least)
                    {
                        (best, least, improved) = (candidate, badness, true);
                    }
                }
            }
            factor = Math.Sqrt(factor);
        }
        return best;
    }

    private static double Badness(IReadOnlyCollection<RowTimes> times, CostModel model)
    {
        double estimates = times.SelectMany(t => t.Times.Select(r => Math.Log(r.Row.EstimateCost(t.Convolution, model)!.Value / (r.Milliseconds * 1e6))))
            .Average(error => error * error);
        return Math.Log(Loss(times, model)) + (WeightOfEstimates * estimates);
    }

    private static IEnumerable<CostModel> Neighbours(CostModel m, double factor)
    {
        foreach (double f in new[] { factor, 1 / factor })
        {
            yield return m with { MultiplyAdds = m.MultiplyAdds * f };
            yield return m with { VectorOperations = m.VectorOperations * f };
            yield return m with { WeightBytes = m.WeightBytes * f };
        }
    }
}
