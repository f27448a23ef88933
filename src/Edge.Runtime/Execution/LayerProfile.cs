using Edge.Kernels.Tensors;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>One step of a plan, measured.</summary>
/// <param name="Milliseconds">Median over the runs.</param>
/// <param name="LeastMilliseconds">Shortest run.</param>
/// <param name="Share">Share of the sum of all steps' medians, 0 to 1.</param>
/// <param name="MultiplyAdds">Work of the direct algorithm, whatever the row does; 0 where shapes depend on data.</param>
/// <param name="ConstantBytes">Size of the constants that are read.</param>
/// <param name="ActivationBytes">Size of the other inputs and the outputs.</param>
public sealed record LayerTime(
    PlanStep Step, double Milliseconds, double LeastMilliseconds, double Share, long MultiplyAdds, long ConstantBytes, long ActivationBytes)
{
    /// <summary>Operations per second in 10^9, a multiply-add counting as two, by the median.</summary>
    public double Gflops => Milliseconds == 0 ? 0 : MultiplyAdds * 2 / Milliseconds / 1e6;
}

/// <summary>Where the time of a model goes.</summary>
public static class LayerProfile
{
    /// <summary>Runs the session <paramref name="runs"/> times and times every step.</summary>
    public static LayerTime[] Measure(InferenceSession session, IReadOnlyList<Tensor> inputs, int runs)
    {
        var profiler = new Profiler(session.Plan, runs);
        session.Profiler = profiler;
        for (int i = 0; i < runs; i++)
        {
            for (int k = 0; k < inputs.Count; k++)
            {
                session.SetInput(k, inputs[k]);
            }
            session.Execute();
        }
        session.Profiler = null;
        IReadOnlyList<PlanStep> steps = session.Plan.Steps;
        double[] medians = [.. steps.Select((_, i) => profiler.Median(i))];
        double total = medians.Sum();
        return
        [
            .. steps.Select((step, i) => new LayerTime(
                step,
                medians[i],
                profiler.Minimum(i),
                total == 0 ? 0 : medians[i] / total,
                ModelSummary.MultiplyAddsOf(step.Node),
                step.Inputs.OfType<Location>().Where(l => l.Constant is not null).Sum(l => l.Value.Info.Bytes),
                step.Inputs.OfType<Location>().Concat(step.Outputs).Where(l => l.Constant is null && l.Value.Info.IsKnown).Sum(l => l.Value.Info.Bytes))),
        ];
    }
}
