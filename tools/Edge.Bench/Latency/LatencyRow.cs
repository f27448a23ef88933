namespace Edge.Bench.Latency;

/// <summary>One model with one number of threads: Edge beside one setting of the peer.</summary>
/// <param name="Spinning">Whether idle threads of the peer's pool waited actively.</param>
/// <param name="MultiplyAdds">Of one inference, counted for the direct algorithms.</param>
/// <param name="Difference">Largest |a-b| / max|b| of the outputs of both.</param>
public sealed record LatencyRow(string Model, int Threads, bool Spinning, long MultiplyAdds, Series Edge, Series Peer, double Difference)
{
    /// <summary>Below 1, Edge is faster.</summary>
    public double RatioOfMedians => Edge.Median / Peer.Median;

    /// <inheritdoc cref="RatioOfMedians"/>
    public double RatioOfMinima => Edge.Minimum / Peer.Minimum;
}
