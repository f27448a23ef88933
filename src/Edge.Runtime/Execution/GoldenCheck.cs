using System.Security.Cryptography;
using Edge.Kernels.Tensors;
using Edge.Runtime.Format;

namespace Edge.Runtime.Execution;

/// <summary>The outcome of one golden sample on this machine.</summary>
/// <param name="Error">
/// Largest |a-b| / max|b| over all outputs; infinity where types, shapes or NaNs differ, or where bits have to agree and only elements
/// that are not stored differ.
/// </param>
public sealed record GoldenOutcome(GoldenSample Sample, double Error)
{
    public bool Passed => Error <= Sample.Tolerance;
}

/// <summary>Compares what this machine computes with the golden samples that the converter stored in a model.</summary>
public static class GoldenCheck
{
    public static IReadOnlyList<GoldenOutcome> Run(InferenceSession session, IReadOnlyList<GoldenSample> samples)
    {
        var outcomes = new List<GoldenOutcome>();
        foreach (GoldenSample sample in samples)
        {
            Tensor[] outputs = session.Run(sample.InputValues());
            double error = outputs.Length == sample.Outputs.Count ? 0 : double.PositiveInfinity;
            for (int i = 0; i < Math.Min(outputs.Length, sample.Outputs.Count); i++)
            {
                error = Math.Max(error, Error(outputs[i], sample.Outputs[i]));
            }
            outcomes.Add(new GoldenOutcome(sample, error));
        }
        return outcomes;
    }

    /// <summary>Largest |a-b| / max|b|; NaN equals NaN; infinity where types, shapes or non-finite values differ.</summary>
    public static double RelativeError(Tensor actual, Tensor expected) =>
        actual.Type == expected.Type && actual.Shape == expected.Shape ? RelativeError(actual, expected, 0) : double.PositiveInfinity;

    private static double Error(Tensor actual, GoldenOutput expected)
    {
        if (actual.Type != expected.Info.Type || actual.Shape != expected.Info.KnownShape)
        {
            return double.PositiveInfinity;
        }
        double error = RelativeError(expected.Sampled(actual), expected.Values, expected.Largest);
        bool differs = error == 0 && expected.Sha256 is { } digest && !SHA256.HashData(actual.ByteSpan()).AsSpan().SequenceEqual(digest);
        return differs ? double.PositiveInfinity : error;
    }

    /// <param name="largest">At least the largest |b| that is known from elsewhere.</param>
    private static double RelativeError(Tensor actual, Tensor expected, double largest)
    {
        double[] a = actual.ToDouble();
        double[] b = expected.ToDouble();
        double worst = 0;
        for (int i = 0; i < a.Length; i++)
        {
            if (double.IsFinite(b[i]))
            {
                largest = Math.Max(largest, Math.Abs(b[i]));
            }
            if (a[i].Equals(b[i]))
            {
                continue;
            }
            if (!double.IsFinite(a[i]) || !double.IsFinite(b[i]))
            {
                return double.PositiveInfinity;
            }
            worst = Math.Max(worst, Math.Abs(a[i] - b[i]));
        }
        return worst == 0 ? 0 : largest == 0 ? double.PositiveInfinity : worst / largest;
    }
}
