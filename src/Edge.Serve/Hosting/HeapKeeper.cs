namespace Edge.Serve.Hosting;

/// <summary>
/// Keeps the managed heap as small as what is in use. Left alone, the runtime collects young objects when as much was allocated as fits
/// the processor's caches, which can be tens of megabytes; what is just under way then, a picture or a message, is promoted, and stays as
/// garbage until the old generation is collected too: on a daemon hours later, and until then memory grows. So all is collected every
/// ten seconds in which something was allocated. The heap has a few megabytes, most of them pictures without references: it takes a
/// millisecond or two.
/// </summary>
internal sealed class HeapKeeper(TimeProvider time)
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    /// <summary>Bytes that have to be allocated for a collection to be worth it: a daemon whose sources pause does nothing.</summary>
    public const long Least = 1 << 20;

    private long _last = time.GetTimestamp();
    private long _allocated = GC.GetTotalAllocatedBytes();

    /// <summary>Collects where it is time.</summary>
    /// <returns>Whether it did.</returns>
    public bool Tend()
    {
        if (time.GetElapsedTime(_last) < Every || GC.GetTotalAllocatedBytes() - _allocated < Least)
        {
            return false;
        }
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
        _last = time.GetTimestamp();
        _allocated = GC.GetTotalAllocatedBytes();
        return true;
    }
}
