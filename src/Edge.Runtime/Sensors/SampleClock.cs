namespace Edge.Runtime.Sensors;

/// <summary>Keeps the time of samples that the computer has to ask for: sample k is due at start + k / rate, however late others were.</summary>
internal sealed class SampleClock
{
    private readonly TimeProvider _time;
    private readonly Action<TimeSpan> _sleep;
    private readonly double _rate;
    private readonly long _start;
    private long _next;

    /// <param name="sleep">Waits; null = <see cref="Thread.Sleep(TimeSpan)"/>.</param>
    public SampleClock(double rate, TimeProvider? time = null, Action<TimeSpan>? sleep = null)
    {
        _rate = rate;
        _time = time ?? TimeProvider.System;
        _sleep = sleep ?? Thread.Sleep;
        _start = _time.GetTimestamp();
    }

    /// <summary>Seconds since the clock was made.</summary>
    public double Elapsed => _time.GetElapsedTime(_start).TotalSeconds;

    /// <summary>Waits until the next sample is due.</summary>
    /// <returns>Samples whose time passed meanwhile, before this one: nobody took them.</returns>
    public int Wait()
    {
        double due = _next / _rate;
        double wait = due - Elapsed;
        if (wait > 0)
        {
            _sleep(TimeSpan.FromSeconds(wait));
        }
        int missed = Math.Max(0, (int)((Elapsed * _rate) - _next));
        _next += missed + 1;
        return missed;
    }
}
