using System.Runtime.CompilerServices;
using Edge.Serve.Hosting;

namespace Edge.Serve.Tests;

public class HeapKeeperTests
{
    /// <summary>What only a collection of the oldest generation frees is gone after a minute.</summary>
    [Fact]
    public void OldGarbageIsCollectedAfterAMinute()
    {
        var time = new ManualTime();
        var keeper = new HeapKeeper(time);
        WeakReference garbage = Old();
        Assert.False(keeper.Tend());
        time.Advance(HeapKeeper.Every - TimeSpan.FromSeconds(1));
        Assert.False(keeper.Tend());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(keeper.Tend());
        Assert.False(garbage.IsAlive);
        Assert.False(keeper.Tend());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Old()
    {
        var bytes = new byte[100_000]; // too large for the young generations
        Assert.Equal(2, GC.GetGeneration(bytes));
        GC.Collect(0); // it is time only where there was a small collection
        return new WeakReference(bytes);
    }
}
