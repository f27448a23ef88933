using Edge.Kernels.Tensors;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Tests.Planning;

public class MemoryPlannerTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 300)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void LiveBuffersNeverOverlap(int seed)
    {
        ArenaBuffer[] buffers = RandomBuffers(new Random(seed));
        long arena = MemoryPlanner.Place(buffers);
        foreach (ArenaBuffer buffer in buffers)
        {
            Assert.Equal(0, buffer.Offset % AlignedBuffer.Alignment);
            Assert.InRange(buffer.Offset, 0, arena - AlignedBuffer.Align(buffer.Bytes));
            foreach (ArenaBuffer other in buffers.Where(o => o != buffer && LiveTogether(o, buffer)))
            {
                bool apart = buffer.Offset + buffer.Bytes <= other.Offset || other.Offset + other.Bytes <= buffer.Offset;
                Assert.True(apart, $"{buffer.Name} [{buffer.Offset},+{buffer.Bytes}) and {other.Name} [{other.Offset},+{other.Bytes})");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void LowerBoundIsTheLargestSumOfLiveBuffers(int seed)
    {
        ArenaBuffer[] buffers = RandomBuffers(new Random(seed));
        long largest = Enumerable.Range(-1, 60).Max(step => buffers.Where(b => b.FirstStep <= step && step <= b.LastStep).Sum(b => AlignedBuffer.Align(b.Bytes)));
        long bound = MemoryPlanner.LowerBound(buffers);
        Assert.Equal(largest, bound);
        Assert.InRange(MemoryPlanner.Place(buffers), bound, buffers.Sum(b => AlignedBuffer.Align(b.Bytes)));
    }

    [Fact]
    public void ChainNeedsTwoBuffers()
    {
        ArenaBuffer[] buffers = [.. Enumerable.Range(0, 10).Select(i => Buffer($"b{i}", 6400, i, i + 1))];
        Assert.Equal(2 * 6400, MemoryPlanner.Place(buffers));
    }

    [Fact]
    public void NothingNeedsNothing()
    {
        Assert.Equal(0, MemoryPlanner.Place([]));
        Assert.Equal(0, MemoryPlanner.LowerBound([]));
        Assert.Equal(0, MemoryPlanner.Place([Buffer("empty", 0, 0, 3)]));
    }

    private static bool LiveTogether(ArenaBuffer a, ArenaBuffer b) =>
        Enumerable.Range(a.FirstStep, a.LastStep - a.FirstStep + 1).Any(step => step >= b.FirstStep && step <= b.LastStep);

    private static ArenaBuffer[] RandomBuffers(Random random) =>
        [.. Enumerable.Range(0, random.Next(1, 60)).Select(i =>
        {
            int first = random.Next(-1, 50);
            return Buffer($"b{i}", random.Next(8) == 0 ? 0 : random.Next(1, 5000), first, first + random.Next(8));
        })];

    private static ArenaBuffer Buffer(string name, long bytes, int first, int last)
    {
        var buffer = new ArenaBuffer(name, bytes, first);
        buffer.ExtendTo(last);
        return buffer;
    }
}
