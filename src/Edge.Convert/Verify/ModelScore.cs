using System.Diagnostics;
using Edge.Kernels.Tensors;
using Edge.Runtime.Execution;

namespace Edge.Convert.Verify;

/// <summary>What a model does on samples.</summary>
public sealed record ModelScore
{
    /// <summary>Share of samples whose largest element of output 0 is the expected one; null where none are given.</summary>
    public required double? Top1 { get; init; }

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
    /// <param name="expected">Index of the largest element for each sample, or empty.</param>
    public static ModelComparison Run(InferenceSession a, InferenceSession b, IReadOnlyList<Tensor[]> samples, IReadOnlyList<long> expected)
    {
        int outputs = Math.Min(a.Outputs.Count, b.Outputs.Count);
        var signal = new double[outputs];
        var noise = new double[outputs];
        var elements = new long[outputs];
        var errors = new double[samples.Count];
        var answers = new (int A, int B)[samples.Count];
        (int agreements, int hitsA, int hitsB) = (0, 0, 0);
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
                    hitsA += i < expected.Count && best == expected[i] ? 1 : 0;
                    hitsB += i < expected.Count && other == expected[i] ? 1 : 0;
                }
            }
        }
        double total = Math.Max(errors.Sum(), 1e-300);
        return new ModelComparison
        {
            Samples = samples.Count,
            A = new ModelScore { Top1 = expected.Count > 0 ? (double)hitsA / samples.Count : null, Milliseconds = Median(times.A) },
            B = new ModelScore { Top1 = expected.Count > 0 ? (double)hitsB / samples.Count : null, Milliseconds = Median(times.B) },
            Answers = answers,
            Agreement = (double)agreements / samples.Count,
            Snr = [.. signal.Select((s, o) => noise[o] == 0 ? 200 : 10 * Math.Log10(Math.Max(s, 1e-300) / noise[o]))],
            MeanSquaredError = [.. noise.Select((n, o) => n / Math.Max(1, elements[o]))],
            Worst = [.. errors.Select((e, i) => (i, e / total)).OrderByDescending(e => e.Item2).ThenBy(e => e.i).Take(5)],
        };
    }

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
