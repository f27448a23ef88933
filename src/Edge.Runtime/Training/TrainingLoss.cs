using Edge.Kernels.Losses;

namespace Edge.Runtime.Training;

/// <summary>The loss and how labels become its targets and weights; the mean over the samples of a batch.</summary>
public sealed record TrainingLoss(LossKind Kind = LossKind.CrossEntropy)
{
    /// <summary>Share of each target that is spread evenly over all classes, in [0, 1) (Szegedy et al., 2016, section 7).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>Weight of each class; empty = 1 for all. Cross-entropy divides by the weights of the batch's labels, as PyTorch does.</summary>
    public float[] ClassWeights { get; init; } = [];

    /// <summary>Weights by which rare classes count more: the square root of their rarity, at most ten.</summary>
    /// <returns>For each of so many classes.</returns>
    public static float[] Balance(ISampleSet samples, int classes)
    {
        var counts = new int[classes];
        for (int i = 0; i < samples.Count; i++)
        {
            if (samples.Label(i) is >= 0 and var label && label < classes)
            {
                counts[label]++;
            }
        }
        return [.. counts.Select(c => (float)Math.Min(10, Math.Sqrt(samples.Count / ((double)classes * Math.Max(1, c)))))];
    }

    /// <summary>
    /// Targets and weights of a batch of labels. The samples from <paramref name="labels"/>.Length on, up to the batch's size,
    /// get weight 0.
    /// </summary>
    /// <param name="labels">Class of each sample.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="normalizer">Samples that the sum is divided by; those of the whole mini-batch where it is computed in parts. See <see cref="Normalizer"/>.</param>
    /// <param name="targets">(batch, classes), overwritten.</param>
    /// <param name="weights">(batch, classes), overwritten.</param>
    public void Encode(ReadOnlySpan<int> labels, int classes, float normalizer, Span<float> targets, Span<float> weights)
    {
        targets.Clear();
        weights.Clear();
        float share = LabelSmoothing / classes;
        for (int i = 0; i < labels.Length; i++)
        {
            for (int c = 0; c < classes; c++)
            {
                int at = (i * classes) + c;
                targets[at] = (c == labels[i] ? 1 - LabelSmoothing : 0) + share;
                weights[at] = WeightOf(c) / (Kind == LossKind.CrossEntropy ? normalizer : normalizer * classes);
            }
        }
    }

    /// <summary>What the sum over a mini-batch is divided by: the weights of its labels for cross-entropy, else the number of samples.</summary>
    public float Normalizer(ReadOnlySpan<int> labels)
    {
        if (Kind != LossKind.CrossEntropy || ClassWeights.Length == 0)
        {
            return labels.Length;
        }
        float sum = 0;
        foreach (int label in labels)
        {
            sum += ClassWeights[label];
        }
        return sum;
    }

    private float WeightOf(int label) => ClassWeights.Length == 0 ? 1 : ClassWeights[label];
}
