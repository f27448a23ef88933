namespace Edge.Convert.Quantize;

/// <summary>What quantization costs in the terms of a task, from output 0 of samples: 0 where nothing is lost.</summary>
internal static class BudgetMetric
{
    /// <param name="metric"><c>top1</c>, <c>f1</c> or <c>mse</c>; see <see cref="Budget"/>.</param>
    /// <param name="real">Output 0 of the float32 model for each sample.</param>
    /// <param name="quantized">The same of the quantized one.</param>
    /// <param name="classes">The right class of each sample, or empty: then the answers of the float32 model are taken for right.</param>
    public static double Cost(string metric, double[][] real, double[][] quantized, IReadOnlyList<long> classes)
    {
        if (metric == "mse")
        {
            return MeanSquaredError(real, quantized);
        }
        long[] before = [.. real.Select(IndexOfMax)];
        long[] after = [.. quantized.Select(IndexOfMax)];
        IReadOnlyList<long> right = classes.Count > 0 ? classes : before;
        return metric == "f1" ? 100 * (MacroF1(before, right) - MacroF1(after, right)) : 100 * (Hits(before, right) - Hits(after, right)) / (double)Math.Max(1, right.Count);
    }

    /// <summary>Mean over the classes that are right for a sample of 2 TP / (2 TP + FP + FN).</summary>
    public static double MacroF1(IReadOnlyList<long> answers, IReadOnlyList<long> right)
    {
        double sum = 0;
        long[] classes = [.. right.Distinct()];
        foreach (long c in classes)
        {
            int hits = answers.Where((a, i) => a == c && right[i] == c).Count();
            sum += 2.0 * hits / (answers.Count(a => a == c) + right.Count(r => r == c));
        }
        return classes.Length == 0 ? 1 : sum / classes.Length;
    }

    /// <summary>Mean over all elements of all samples; infinite where one is not a number.</summary>
    private static double MeanSquaredError(double[][] real, double[][] quantized)
    {
        double sum = real.Zip(quantized, (a, b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum()).Sum();
        return double.IsNaN(sum) ? double.PositiveInfinity : sum / Math.Max(1, real.Sum(r => (long)r.Length));
    }

    private static int Hits(long[] answers, IReadOnlyList<long> right) => answers.Where((a, i) => a == right[i]).Count();

    private static long IndexOfMax(double[] values) => values.Length == 0 ? -1 : Array.IndexOf(values, values.Max());
}
