using System.Diagnostics;

namespace Edge.Runtime.Streaming;

/// <summary>
/// Gives recordings and patterns the pace of time. Where the process was held up for more than a second, it goes on from now: what would
/// have come meanwhile is not made up for in a burst.
/// </summary>
internal sealed class Pace
{
    private static readonly TimeSpan MostBehind = TimeSpan.FromSeconds(1);

    private readonly double _perSecond;
    private long _start = Stopwatch.GetTimestamp();
    private long _count;

    /// <param name="perSecond">Items per second; 0 = as fast as possible.</param>
    public Pace(double perSecond) => _perSecond = perSecond;

    /// <summary>How long to wait before the next items are due.</summary>
    public TimeSpan Next(int items)
    {
        if (_perSecond <= 0)
        {
            return TimeSpan.Zero;
        }
        _count += items;
        TimeSpan wait = TimeSpan.FromSeconds(_count / _perSecond) - Stopwatch.GetElapsedTime(_start);
        if (wait < -MostBehind)
        {
            _start = Stopwatch.GetTimestamp();
            _count = 0;
        }
        return wait;
    }
}
