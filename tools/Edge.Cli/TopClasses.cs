using Edge.Kernels.Tensors;

namespace Edge.Cli;

/// <summary>The most probable classes of a classifier's output.</summary>
internal static class TopClasses
{
    /// <summary>
    /// For each row of the batch (the first dimension, where there are several) the <paramref name="count"/> largest scores.
    /// Scores that are no probabilities yet (not all in [0, 1] with the sum 1) go through softmax.
    /// </summary>
    /// <param name="labels">Class names; shorter lists leave classes without a name.</param>
    public static TopJson[][] Find(Tensor output, IReadOnlyList<string> labels, int count)
    {
        double[] values = output.ToDouble();
        int rows = output.Shape.Rank >= 2 ? output.Shape[0] : 1;
        if (rows == 0 || values.Length == 0)
        {
            return [];
        }
        int classes = values.Length / rows;
        return [.. values.Chunk(classes).Select(row => Largest(Probabilities(row), labels, count))];
    }

    private static TopJson[] Largest(double[] probabilities, IReadOnlyList<string> labels, int count) =>
    [
        .. Enumerable.Range(0, probabilities.Length)
            .OrderByDescending(i => probabilities[i])
            .ThenBy(i => i)
            .Take(count)
            .Select(i => new TopJson(i, i < labels.Count ? labels[i] : null, probabilities[i])),
    ];

    private static double[] Probabilities(double[] scores)
    {
        bool already = scores.All(s => s is >= 0 and <= 1.001) && Math.Abs(scores.Sum() - 1) < 1e-2;
        if (already || !scores.All(double.IsFinite))
        {
            return [.. scores.Select(s => double.IsFinite(s) ? s : 0)];
        }
        double largest = scores.Max();
        double[] powers = [.. scores.Select(s => Math.Exp(s - largest))];
        double sum = powers.Sum();
        return [.. powers.Select(p => p / sum)];
    }
}
