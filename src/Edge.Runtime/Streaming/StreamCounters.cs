namespace Edge.Runtime.Streaming;

/// <summary>What a stream counts. At rest: produced = processed + skipped + failed.</summary>
public sealed class StreamCounters
{
    private long _produced;
    private long _processed;
    private long _skipped;
    private long _failed;
    private long _gaps;
    private long _reconnects;
    private long _results;

    /// <summary>Frames or samples that the source gave.</summary>
    public long Produced => Interlocked.Read(ref _produced);

    /// <summary>Frames that went through the model, or samples that were looked at.</summary>
    public long Processed => Interlocked.Read(ref _processed);

    /// <summary>Frames for which a newer one came before they were used. Always 0 for samples.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Frames that could not be decoded, or whose inference failed.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Samples that are missing: the source lost them, or was away.</summary>
    public long Missing => Interlocked.Read(ref _gaps);

    /// <summary>How often the source was opened again.</summary>
    public long Reconnects => Interlocked.Read(ref _reconnects);

    /// <summary>Results that were given to the sinks.</summary>
    public long Results => Interlocked.Read(ref _results);

    internal void AddProduced(long count) => Interlocked.Add(ref _produced, count);

    internal void AddProcessed(long count) => Interlocked.Add(ref _processed, count);

    internal void AddSkipped() => Interlocked.Increment(ref _skipped);

    internal void AddFailed() => Interlocked.Increment(ref _failed);

    internal void AddMissing(long count) => Interlocked.Add(ref _gaps, count);

    internal void AddReconnect() => Interlocked.Increment(ref _reconnects);

    internal long NextResult() => Interlocked.Increment(ref _results) - 1;
}
