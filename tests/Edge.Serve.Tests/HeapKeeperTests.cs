using System.Runtime.CompilerServices;
using Edge.Serve.Hosting;

namespace Edge.Serve.Tests;

public class HeapKeeperTests
{
    /// <summary>What small collections promoted before it became garbage is gone after a minute.</summary>
    [Fact]
    public void WhatWasPromotedIsCollectedAfterAMinute()
    {
        var time = new ManualTime();
        var keeper = new HeapKeeper(time);
        WeakReference garbage = Promoted();
        Assert.False(keeper.Tend());
        time.Advance(HeapKeeper.Every - TimeSpan.FromSeconds(1));
        Assert.False(keeper.Tend());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(keeper.Tend());
        Assert.False(garbage.IsAlive);
        GC.Collect(1);
        Assert.False(keeper.Tend());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Promoted()
    {
        var bytes = new byte[1000];
        for (int i = 0; i < 20 && GC.GetGeneration(bytes) < 2; i++)
        {
            GC.Collect(1); // a collection may leave an object where it is, beside a pinned one
        }
        Assert.Equal(2, GC.GetGeneration(bytes));
        return new WeakReference(bytes);
    }
}
