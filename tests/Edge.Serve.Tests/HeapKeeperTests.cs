using System.Runtime.CompilerServices;
using Edge.Serve.Hosting;

namespace Edge.Serve.Tests;

public class HeapKeeperTests
{
    /// <summary>What only a collection of the oldest generation frees is gone when it is time.</summary>
    [Fact]
    public void OldGarbageIsCollectedInTime()
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

    /// <summary>Too large for the young generations, and enough for a collection.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Old()
    {
        var bytes = new byte[HeapKeeper.Least];
        Assert.Equal(GC.MaxGeneration, GC.GetGeneration(bytes));
        return new WeakReference(bytes);
    }
}
