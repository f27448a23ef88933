namespace Edge.Convert.Quantize;

/// <summary>What quantization costs in the terms of a task, from the answers for each sample: 0 where nothing is lost.</summary>
internal static class BudgetMetric
{
    /// <param name="metric"><c>top1</c> or <c>f1</c>; see <see cref="Budget"/>.</param>
    /// <param name="before">The answer of the float32 model for each sample.</param>
    /// <param name="after">The answer of the quantized one.</param>
    /// <param name="classes">The right class of each sample, negative where it is not known: such samples do not count; or empty: then the answers of the float32 model are taken for right.</param>
    /// <returns>Percentage points.</returns>
    public static double Lost(string metric, IReadOnlyList<int> before, IReadOnlyList<int> after, IReadOnlyList<long> classes)
    {
        IReadOnlyList<long> right = classes.Count > 0 ? [.. classes.Where(c => c >= 0)] : [.. before.Select(b => (long)b)];
        if (right.Count < before.Count)
        {
            (before, after) = (Known(before, classes), Known(after, classes));
        }
        return 100 * (metric == "f1" ? MacroF1(before, right) - MacroF1(after, right) : Accuracy(before, right) - Accuracy(after, right));
    }

    /// <summary>Mean over the classes that are right for a sample of 2 TP / (2 TP + FP + FN).</summary>
    public static double MacroF1(IReadOnlyList<int> answers, IReadOnlyList<long> right)
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

    /// <summary>The answers for samples whose class is known.</summary>
    public static IReadOnlyList<int> Known(IReadOnlyList<int> answers, IReadOnlyList<long> classes) => [.. answers.Where((_, i) => classes[i] >= 0)];

    /// <summary>Share of right answers.</summary>
    public static double Accuracy(IReadOnlyList<int> answers, IReadOnlyList<long> right) => answers.Where((a, i) => a == right[i]).Count() / (double)Math.Max(1, right.Count);
}
