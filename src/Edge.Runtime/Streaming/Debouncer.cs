namespace Edge.Runtime.Streaming;

/// <summary>When something counts as happening.</summary>
/// <param name="Name">Of the event.</param>
/// <param name="Label">A class's label, or its index as text.</param>
/// <param name="Threshold">Least score with which it counts as seen, 0 to 1.</param>
/// <param name="On">It begins after it was seen in so many results in a row.</param>
/// <param name="Off">It ends after it was not seen in so many results in a row.</param>
public sealed record EventRule(string Name, string Label, float Threshold, int On, int Off);

/// <summary>Makes events out of results that flicker: something begins when it is seen several times in a row, and ends likewise.</summary>
public sealed class Debouncer(EventRule rule)
{
    private int _run;

    /// <summary>Whether the event is on.</summary>
    public bool IsActive { get; private set; }

    public EventRule Rule => rule;

    /// <summary>Takes the next result's score for the label; 0 where it was not found.</summary>
    /// <returns>Whether the event began or ended.</returns>
    public bool Next(float score)
    {
        bool seen = score >= rule.Threshold;
        if (seen == IsActive)
        {
            _run = 0;
            return false;
        }
        _run++;
        if (_run < (IsActive ? rule.Off : rule.On))
        {
            return false;
        }
        _run = 0;
        IsActive = !IsActive;
        return true;
    }

    /// <summary>The best score of the rule's label in a result.</summary>
    public float ScoreIn(StreamResult result)
    {
        float best = 0;
        foreach (ClassScore score in result.Classes ?? [])
        {
            best = Matches(score.Index, score.Label) ? Math.Max(best, score.Probability) : best;
        }
        foreach (FoundBox box in result.Boxes ?? [])
        {
            best = Matches(box.Index, box.Label) ? Math.Max(best, box.Score) : best;
        }
        return best;
    }

    private bool Matches(int index, string? label) => label is null ? rule.Label == index.ToString(System.Globalization.CultureInfo.InvariantCulture) : rule.Label == label;
}
