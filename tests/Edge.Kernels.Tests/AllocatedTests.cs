using Edge.Testing;

namespace Edge.Kernels.Tests;

/// <summary>The measure behind every claim that runs allocate nothing.</summary>
public class AllocatedTests
{
    private object? _kept;

    [Fact]
    public void WhatEveryRunAllocatesIsCounted()
    {
        Assert.InRange(Allocated.OnThread(() => _kept = new byte[100], times: 10), 1000, 2000);
        Assert.InRange(Allocated.Anywhere(() => _kept = new byte[1000], times: 1000), 1_000_000, long.MaxValue);
        Assert.NotNull(_kept);
    }

    [Fact]
    public void WhatOnlyTheFirstRunsAllocateIsNot()
    {
        int runs = 0;
        Assert.Equal(0, Allocated.OnThread(() => _kept = runs++ < 3 ? new byte[100] : _kept));
        Assert.Equal(4, runs);
    }
}
