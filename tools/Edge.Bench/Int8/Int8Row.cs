using Edge.Bench.Latency;

namespace Edge.Bench.Int8;

/// <summary>One model with one number of threads, in 8-bit integers by Edge and by the peer, and in float32 by Edge.</summary>
/// <param name="FileShare">Bytes of Edge's file over those of the float32 ONNX file.</param>
public sealed record Int8Row(string Model, int Threads, long MultiplyAdds, double FileShare, Series Edge, Series Peer, Series Real)
{
    /// <summary>Below 1, Edge is faster.</summary>
    public double RatioOfMedians => Edge.Median / Peer.Median;

    /// <inheritdoc cref="RatioOfMedians"/>
    public double RatioOfMinima => Edge.Minimum / Peer.Minimum;

    /// <summary>Below 1, integers are faster than float32.</summary>
    public double ToReal => Edge.Median / Real.Median;
}
