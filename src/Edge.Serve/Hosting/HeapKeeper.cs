namespace Edge.Serve.Hosting;

/// <summary>
/// Keeps the managed heap as small as what is in use. Each small collection promotes what is just under way, a picture or a message, to an
/// older generation, where it stays as garbage until the runtime collects that too: after megabytes, on a daemon that is hours later,
/// and until then memory grows. So all is collected once a minute, where there was a small collection since; the heap has a few megabytes,
/// and the pause is a few milliseconds.
/// </summary>
internal sealed class HeapKeeper(TimeProvider time)
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private const int Oldest = 2;

    private long _last = time.GetTimestamp();
    private int _collections = GC.CollectionCount(0);

    /// <summary>Collects where it is time.</summary>
    /// <returns>Whether it did.</returns>
    public bool Tend()
    {
        if (time.GetElapsedTime(_last) < Every || GC.CollectionCount(0) == _collections)
        {
            return false;
        }
        GC.Collect(Oldest, GCCollectionMode.Forced, blocking: true, compacting: false);
        _last = time.GetTimestamp();
        _collections = GC.CollectionCount(0);
        return true;
    }
}
