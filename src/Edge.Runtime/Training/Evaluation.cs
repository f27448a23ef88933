namespace Edge.Runtime.Training;

/// <summary>What a model does on some samples.</summary>
/// <param name="Loss">Mean.</param>
/// <param name="Confusion">Counts by (label, prediction).</param>
public sealed record Evaluation(double Loss, int[][] Confusion)
{
    public int Count => Confusion.Sum(row => row.Sum());

    /// <summary>Share of right predictions, 0 to 1.</summary>
    public double Accuracy => Count == 0 ? 0 : (double)Confusion.Select((row, i) => row[i]).Sum() / Count;

    /// <summary>Mean of the F1 scores of the classes that occur.</summary>
    public double MacroF1
    {
        get
        {
            double[] scores = [.. Enumerable.Range(0, Confusion.Length).Where(c => Confusion[c].Sum() > 0).Select(F1)];
            return scores.Length == 0 ? 0 : scores.Average();
        }
    }

    /// <summary>Harmonic mean of precision and recall of a class.</summary>
    public double F1(int label)
    {
        int right = Confusion[label][label];
        int all = Confusion[label].Sum() + Confusion.Sum(row => row[label]);
        return all == 0 ? 0 : 2.0 * right / all;
    }
}

/// <summary>One pass over the samples.</summary>
/// <param name="Epoch">From 1 on.</param>
/// <param name="Loss">Mean over the steps.</param>
/// <param name="Holdout">On the samples held out; null where there are none.</param>
public sealed record EpochReport(int Epoch, double Loss, Evaluation? Holdout, TimeSpan Time);
