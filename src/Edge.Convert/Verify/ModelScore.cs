using System.Diagnostics;
using Edge.Convert.Quantize;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;

namespace Edge.Convert.Verify;

/// <summary>What a model does on samples.</summary>
public sealed record ModelScore
{
    /// <summary>Share of the samples of known class whose largest element of output 0 is the expected one; null where none are given.</summary>
    public required double? Top1 { get; init; }

    /// <summary>Macro F1 over the same samples; null where no classes are given.</summary>
    public double? F1 { get; init; }

    /// <summary>Mean squared error of output 0 against given targets; null where none are.</summary>
    public double? TargetError { get; init; }

    /// <summary>Milliseconds of one inference, median.</summary>
    public required double Milliseconds { get; init; }
}

/// <summary>Two models on the same samples.</summary>
public sealed record ModelComparison
{
    public required int Samples { get; init; }

    public required ModelScore A { get; init; }

    public required ModelScore B { get; init; }

    /// <summary>Share of samples on which both have the largest element of output 0 at the same index.</summary>
    public required double Agreement { get; init; }

    /// <summary>Signal to noise of B against A for each output, in decibels; 200 where they are equal.</summary>
    public required IReadOnlyList<double> Snr { get; init; }

    /// <summary>Mean squared difference of each output.</summary>
    public required IReadOnlyList<double> MeanSquaredError { get; init; }

    /// <summary>Index of the largest element of output 0 for each sample.</summary>
    public required IReadOnlyList<(int A, int B)> Answers { get; init; }

    /// <summary>Indices of the samples whose output 0 differs most, worst first, with their share of the squared error.</summary>
    public required IReadOnlyList<(int Sample, double Share)> Worst { get; init; }

    /// <summary>Runs both models on the samples, one after the other on each.</summary>
    /// <param name="expected">Index of the largest element for each sample, negative where it is not known; or empty.</param>
    /// <param name="targets">What output 0 should be for each sample, or empty.</param>
    public static ModelComparison Run(InferenceSession a, InferenceSession b, IReadOnlyList<Tensor[]> samples, IReadOnlyList<long> expected, IReadOnlyList<float[]>? targets = null)
    {
        int outputs = Math.Min(a.Outputs.Count, b.Outputs.Count);
        var signal = new double[outputs];
        var noise = new double[outputs];
        var elements = new long[outputs];
        var errors = new double[samples.Count];
        var answers = new (int A, int B)[samples.Count];
        int agreements = 0;
        (double errorA, double errorB) = (0, 0);
        var times = (A: new double[samples.Count], B: new double[samples.Count]);
        for (int i = 0; i < samples.Count; i++)
        {
            Tensor[] x = Timed(a, samples[i], ref times.A[i]);
            Tensor[] y = Timed(b, samples[i], ref times.B[i]);
            for (int o = 0; o < outputs; o++)
            {
                double[] p = x[o].ToDouble();
                double[] q = y[o].ToDouble();
                double squared = p.Zip(q, (u, v) => (u - v) * (u - v)).Sum();
                signal[o] += p.Sum(v => v * v);
                noise[o] += squared;
                elements[o] += p.Length;
                if (o == 0)
                {
                    errors[i] = squared;
                    (int best, int other) = (IndexOfMax(p), IndexOfMax(q));
                    answers[i] = (best, other);
                    agreements += best == other ? 1 : 0;
                    errorA += Error(p, targets, i);
                    errorB += Error(q, targets, i);
                }
            }
        }
        double total = Math.Max(errors.Sum(), 1e-300);
        return new ModelComparison
        {
            Samples = samples.Count,
            A = Score([.. answers.Select(v => v.A)], expected, targets, errorA, times.A),
            B = Score([.. answers.Select(v => v.B)], expected, targets, errorB, times.B),
            Answers = answers,
            Agreement = (double)agreements / samples.Count,
            Snr = [.. signal.Select((s, o) => noise[o] == 0 ? 200 : 10 * Math.Log10(Math.Max(s, 1e-300) / noise[o]))],
            MeanSquaredError = [.. noise.Select((n, o) => n / Math.Max(1, elements[o]))],
            Worst = [.. errors.Select((e, i) => (i, e / total)).OrderByDescending(e => e.Item2).ThenBy(e => e.i).Take(5)],
        };
    }

    private static ModelScore Score(int[] answers, IReadOnlyList<long> expected, IReadOnlyList<float[]>? targets, double error, double[] times)
    {
        long[] right = [.. expected.Where(e => e >= 0)];
        IReadOnlyList<int> known = right.Length > 0 ? BudgetMetric.Known(answers, expected) : [];
        return new ModelScore
        {
            Top1 = right.Length > 0 ? BudgetMetric.Accuracy(known, right) : null,
            F1 = right.Length > 0 ? BudgetMetric.MacroF1(known, right) : null,
            TargetError = targets is { Count: > 0 } ? error / Math.Max(1, targets.Sum(t => (long)t.Length)) : null,
            Milliseconds = Median(times),
        };
    }

    private static double Error(double[] values, IReadOnlyList<float[]>? targets, int sample) =>
        targets is { Count: > 0 } ? values.Zip(targets[sample], (v, t) => (v - t) * (v - t)).Sum() : 0;

    private static Tensor[] Timed(InferenceSession session, Tensor[] sample, ref double milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        Tensor[] outputs = session.Run(sample);
        milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return outputs;
    }

    private static double Median(double[] values) => values.Length == 0 ? 0 : values.Order().ElementAt(values.Length / 2);

    private static int IndexOfMax(double[] values) => values.Length == 0 ? -1 : Array.IndexOf(values, values.Max());
}
