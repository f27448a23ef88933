using Edge.Kernels.Tensors;

namespace Edge.Runtime.Planning;

/// <summary>
/// Gives every buffer an offset in one arena, so that buffers alive at the same step do not overlap: greedy by size, each
/// into the smallest gap that takes it (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
/// 2020, algorithm 3).
/// </summary>
public static class MemoryPlanner
{
    /// <summary>Sets <see cref="ArenaBuffer.Offset"/> of all buffers.</summary>
    /// <returns>Size of the arena in bytes.</returns>
    public static long Place(IReadOnlyList<ArenaBuffer> buffers)
    {
        var placed = new List<ArenaBuffer>(buffers.Count);
        long arena = 0;
        foreach (ArenaBuffer buffer in buffers.OrderByDescending(b => b.Bytes).ThenBy(b => b.FirstStep))
        {
            buffer.Offset = FindOffset(buffer, placed);
            int index = placed.FindIndex(p => p.Offset > buffer.Offset);
            placed.Insert(index < 0 ? placed.Count : index, buffer);
            arena = Math.Max(arena, buffer.Offset + AlignedBuffer.Align(buffer.Bytes));
        }
        return arena;
    }

    /// <summary>The largest sum of simultaneously live buffers: no plan can be smaller.</summary>
    public static long LowerBound(IReadOnlyList<ArenaBuffer> buffers)
    {
        var changes = new SortedDictionary<int, long>();
        foreach (ArenaBuffer buffer in buffers)
        {
            long bytes = AlignedBuffer.Align(buffer.Bytes);
            changes[buffer.FirstStep] = changes.GetValueOrDefault(buffer.FirstStep) + bytes;
            changes[buffer.LastStep + 1] = changes.GetValueOrDefault(buffer.LastStep + 1) - bytes;
        }
        long live = 0;
        long most = 0;
        foreach (long change in changes.Values)
        {
            live += change;
            most = Math.Max(most, live);
        }
        return most;
    }

    /// <param name="placed">Buffers with offsets, by rising offset.</param>
    private static long FindOffset(ArenaBuffer buffer, List<ArenaBuffer> placed)
    {
        long size = AlignedBuffer.Align(buffer.Bytes);
        long end = 0;
        long best = -1;
        long bestGap = long.MaxValue;
        foreach (ArenaBuffer other in placed)
        {
            if (!other.Overlaps(buffer))
            {
                continue;
            }
            long gap = other.Offset - end;
            if (gap >= size && gap < bestGap)
            {
                best = end;
                bestGap = gap;
            }
            end = Math.Max(end, other.Offset + AlignedBuffer.Align(other.Bytes));
        }
        return best >= 0 ? best : end;
    }
}
