using Edge.Kernels.Threading;

namespace Edge.Kernels.Tests;

public sealed class ChunkRangesTests
{
    [Theory]
    [InlineData(10, 2)]
    [InlineData(7, 3)]
    [InlineData(2, 4)]
    [InlineData(0, 2)]
    public void AThreadTakesItsOwnRangeFirstAndThenTheOthers(int chunks, int threads)
    {
        var ranges = new ChunkRanges(threads);
        for (int own = 0; own < threads; own++)
        {
            ranges.Deal(chunks, threads);
            int start = chunks * own / threads;
            var expected = Enumerable.Range(start, chunks - start).Concat(Enumerable.Range(0, start));
            Assert.Equal(expected, Drain(ranges, own));
            Assert.False(ranges.TryClaim(own, out _));
        }
    }

    [Fact]
    public void ThreadsThatTakeTurnsWorkOnNeighbours()
    {
        var ranges = new ChunkRanges(2);
        ranges.Deal(6, 2);
        var taken = new List<int>();
        for (int turn = 0; turn < 6; turn++)
        {
            Assert.True(ranges.TryClaim(turn % 2, out int chunk));
            taken.Add(chunk);
        }
        Assert.Equal([0, 3, 1, 4, 2, 5], taken);
    }

    [Fact]
    public void ClosedRangesGiveNothing()
    {
        var ranges = new ChunkRanges(3);
        ranges.Deal(30, 3);
        Assert.True(ranges.TryClaim(1, out _));
        ranges.Close();
        Assert.All(Enumerable.Range(0, 3), own => Assert.False(ranges.TryClaim(own, out _)));
    }

    private static List<int> Drain(ChunkRanges ranges, int own)
    {
        var taken = new List<int>();
        while (ranges.TryClaim(own, out int chunk))
        {
            taken.Add(chunk);
        }
        return taken;
    }
}
