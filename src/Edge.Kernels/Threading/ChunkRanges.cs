namespace Edge.Kernels.Threading;

/// <summary>
/// Numbered chunks, dealt to threads as one range of neighbours each. A thread works through its own range and then helps
/// with the others', one chunk at a time: neighbours share input or weights, so each core's caches see their own part of
/// both, run after run, and a thread that loses its core still delays the others by one chunk at most.
/// </summary>
internal sealed class ChunkRanges
{
    // One counter per cache line, two with the neighbour that processors fetch along: threads do not disturb each other's.
    private const int Step = 32;

    private readonly int[] _next;
    private int _chunks;
    private int _ranges;

    /// <param name="most">Most ranges at once; at least 1.</param>
    public ChunkRanges(int most)
    {
        _next = new int[(most + 1) * Step];
    }

    /// <summary>Deals the chunks [0, <paramref name="chunks"/>) to <paramref name="ranges"/> ranges of equal length, give or take one.</summary>
    public void Deal(int chunks, int ranges)
    {
        _chunks = chunks;
        _ranges = ranges;
        for (int range = 0; range < ranges; range++)
        {
            Volatile.Write(ref Counter(range), Start(range));
        }
    }

    /// <summary>The next chunk for the thread whose own range is <paramref name="own"/>; false when all are taken.</summary>
    public bool TryClaim(int own, out int chunk)
    {
        for (int i = 0; i < _ranges; i++)
        {
            int range = own + i < _ranges ? own + i : own + i - _ranges;
            int end = Start(range + 1);
            ref int counter = ref Counter(range);
            // Looking first keeps exhausted counters from growing past what an integer holds.
            if (Volatile.Read(ref counter) < end && (chunk = Interlocked.Increment(ref counter) - 1) < end)
            {
                return true;
            }
        }
        chunk = 0;
        return false;
    }

    /// <summary>Takes all chunks that are left, so that nobody claims them.</summary>
    public void Close()
    {
        for (int range = 0; range < _ranges; range++)
        {
            Volatile.Write(ref Counter(range), Start(range + 1));
        }
    }

    private int Start(int range) => (int)((long)_chunks * range / _ranges);

    private ref int Counter(int range) => ref _next[(range + 1) * Step];
}
