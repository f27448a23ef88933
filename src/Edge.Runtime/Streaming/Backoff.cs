namespace Edge.Runtime.Streaming;

/// <summary>How long to wait before the next try: twice as long each time, with up to a quarter of chance, so that many devices do not try together.</summary>
public sealed class Backoff(TimeSpan least, TimeSpan most)
{
    private readonly Random _random = new();
    private int _tries;

    public TimeSpan Next()
    {
        double seconds = Math.Min(most.TotalSeconds, least.TotalSeconds * Math.Pow(2, Math.Min(_tries++, 30)));
        return TimeSpan.FromSeconds(seconds * (1 - (_random.NextDouble() / 4)));
    }

    /// <summary>It worked: the next failure starts again with the least time.</summary>
    public void Reset() => _tries = 0;
}
