namespace Edge.Serve.Hosting;

/// <summary>
/// Keeps the managed heap at one size. Each small collection promotes what is just under way, a picture or a message, to an older
/// generation, where it stays as garbage until the runtime collects that too: after megabytes, on a daemon that is hours later, and
/// until then memory grows. So all is collected once a minute, where there was a small collection since. When small collections come is
/// left to the runtime: room for young objects is touched as a whole each time, and does not grow with every busy moment.
/// </summary>
internal sealed class HeapKeeper(TimeProvider time)
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

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
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
        _last = time.GetTimestamp();
        _collections = GC.CollectionCount(0);
        return true;
    }
}
