namespace Edge.Runtime.Streaming;

/// <summary>From a classifier's scores to its most probable classes.</summary>
public static class TopScores
{
    /// <summary>
    /// The <paramref name="count"/> largest probabilities, largest first, equal ones by index. Scores that are no probabilities yet
    /// (not all in [0, 1] with the sum 1) go through softmax. Values that are not finite count as no score at all.
    /// </summary>
    /// <param name="labels">Class names; shorter lists leave classes without a name.</param>
    /// <param name="least">Classes with a smaller probability are left out.</param>
    public static ClassScore[] Find(ReadOnlySpan<float> scores, IReadOnlyList<string> labels, int count, float least = 0)
    {
        var probabilities = new float[scores.Length];
        ToProbabilities(scores, probabilities);
        int[] order = [.. Enumerable.Range(0, probabilities.Length)];
        Array.Sort(order, (a, b) => probabilities[a] != probabilities[b] ? probabilities[b].CompareTo(probabilities[a]) : a.CompareTo(b));
        return
        [
            .. order.Take(count)
                .Where(i => probabilities[i] >= least && probabilities[i] > 0)
                .Select(i => new ClassScore(i, i < labels.Count ? labels[i] : null, probabilities[i])),
        ];
    }

    /// <summary>Softmax, unless the scores are probabilities already.</summary>
    public static void ToProbabilities(ReadOnlySpan<float> scores, Span<float> probabilities)
    {
        double sum = 0;
        bool already = true;
        float largest = float.NegativeInfinity;
        foreach (float score in scores)
        {
            sum += score;
            already &= score is >= 0 and <= 1.001f;
            largest = float.IsFinite(score) ? Math.Max(largest, score) : largest;
        }
        if (already && Math.Abs(sum - 1) < 1e-2)
        {
            scores.CopyTo(probabilities);
            return;
        }
        double total = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            double power = float.IsFinite(scores[i]) ? Math.Exp(scores[i] - largest) : 0;
            probabilities[i] = (float)power;
            total += power;
        }
        for (int i = 0; i < scores.Length; i++)
        {
            probabilities[i] = total > 0 ? (float)(probabilities[i] / total) : 0;
        }
    }
}
