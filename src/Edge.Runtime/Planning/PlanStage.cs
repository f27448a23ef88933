namespace Edge.Runtime.Planning;

/// <summary>A stretch of the arena, in bytes.</summary>
public readonly record struct ArenaRange(long Offset, long Bytes)
{
    public bool Overlaps(ArenaRange other) => Offset < other.Offset + other.Bytes && other.Offset < Offset + Bytes;
}

/// <summary>Steps that run in one go, on the processor or on a device.</summary>
public sealed class PlanStage(bool isOnDevice, int first)
{
    private readonly List<ArenaRange> _uploads = [];
    private readonly List<ArenaRange> _downloads = [];

    public bool IsOnDevice => isOnDevice;

    /// <summary>Index of the first step.</summary>
    public int First => first;

    /// <summary>Number of steps.</summary>
    public int Count { get; internal set; }

    /// <summary>What is copied to the device before the first step.</summary>
    public IReadOnlyList<ArenaRange> Uploads => _uploads;

    /// <summary>What is copied back after the last step.</summary>
    public IReadOnlyList<ArenaRange> Downloads => _downloads;

    internal void AddUpload(ArenaRange range) => _uploads.Add(range);

    internal void AddDownload(ArenaRange range) => _downloads.Add(range);
}
