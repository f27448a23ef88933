using Edge.Runtime.Execution;
using Edge.Runtime.Graphs;

namespace Edge.Runtime.Training;

/// <summary>Decides whether trained layers become integers again: by what that costs in right answers, as the converter's budget does.</summary>
internal static class RequantizationGate
{
    /// <summary>The graph in integers where these keep the budget, else as it is; and what was decided.</summary>
    /// <param name="tuned">What <paramref name="tail"/> made of the model, with trained weights.</param>
    /// <param name="shown">Samples that ranges are observed on.</param>
    /// <param name="judged">Samples that decide; where there are none, <paramref name="shown"/> do.</param>
    /// <param name="before">Accuracy before tuning, which has to be kept.</param>
    public static (Graph Graph, string Decision) Pass(Graph tuned, QuantizedTail tail, ISampleSet shown, ISampleSet judged, double before, FineTuneOptions options)
    {
        (Graph? integers, string? problem) = Requantizer.Run(tuned, tail, shown, options.Trainer);
        if (integers is null)
        {
            return (tuned, $"the trained layers stay float32: {problem}");
        }
        ISampleSet judges = judged.Count > 0 ? judged : shown;
        double real = Accuracy(tuned, judges, options.Trainer);
        double quantized = Accuracy(integers, judges, options.Trainer);
        string numbers = FormattableString.Invariant($"accuracy on {judges.Count} samples {quantized:P2} in int8, {real:P2} in float32");
        return 100 * (real - quantized) <= options.Budget + 1e-9 && quantized >= before
            ? (integers, $"the trained layers are int8 again: {numbers}")
            : (tuned, FormattableString.Invariant($"the trained layers stay float32: {numbers}, at most {options.Budget} points may be lost, and {before:P2} was there before"));
    }

    /// <summary>Share of right answers, 0 to 1.</summary>
    private static double Accuracy(Graph graph, ISampleSet samples, TrainerOptions options)
    {
        using var session = new InferenceSession(graph, new SessionOptions { Threads = options.Threads, Kernels = options.Kernels });
        int batch = graph.Inputs[0].Info.KnownShape[0];
        var block = new float[samples.SampleFloats * batch];
        var scores = new float[graph.Outputs[0].Info.KnownShape.Count];
        int classes = scores.Length / batch;
        int right = 0;
        for (int at = 0; at < samples.Count; at += batch)
        {
            int count = Math.Min(batch, samples.Count - at);
            for (int i = 0; i < count; i++)
            {
                samples.Read(at + i, block.AsSpan(i * samples.SampleFloats, samples.SampleFloats));
            }
            session.Run(block, scores);
            for (int i = 0; i < count; i++)
            {
                float[] own = scores[(i * classes)..((i + 1) * classes)];
                right += Array.IndexOf(own, own.Max()) == samples.Label(at + i) ? 1 : 0;
            }
        }
        return (double)right / Math.Max(1, samples.Count);
    }
}
