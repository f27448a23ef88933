using System.Diagnostics;

namespace Edge.Runtime.Streaming;

/// <summary>
/// Hands samples from a source to whoever computes, losing none while there is room. A writer that may wait waits for room; one that
/// may not (a device does not wait) counts what it had to drop, and the reader gets as many missing samples in their place.
/// </summary>
public sealed class SampleRing
{
    private readonly object _lock = new();
    private readonly float[] _samples;
    private int _first;
    private int _count;
    private long _owed;
    private long _newest;
    private bool _closed;

    /// <param name="capacity">Samples that can wait.</param>
    public SampleRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _samples = new float[capacity];
    }

    /// <summary>Samples that were dropped because there was no room.</summary>
    public long Dropped { get; private set; }

    /// <summary>Samples that wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Appends samples.</summary>
    /// <param name="mayWait">Whether to wait for room.</param>
    /// <returns>False once the ring is closed.</returns>
    public bool Write(ReadOnlySpan<float> samples, bool mayWait)
    {
        lock (_lock)
        {
            while (samples.Length > 0 && !_closed)
            {
                PayOwed();
                int room = _owed > 0 ? 0 : _samples.Length - _count;
                int take = Math.Min(room, samples.Length);
                for (int i = 0; i < take; i++)
                {
                    Append(samples[i]);
                }
                samples = samples[take..];
                if (take > 0)
                {
                    _newest = Stopwatch.GetTimestamp();
                    Monitor.PulseAll(_lock);
                }
                if (samples.Length > 0 && !mayWait)
                {
                    Dropped += samples.Length;
                    _owed += samples.Length;
                    return true;
                }
                if (samples.Length > 0)
                {
                    Monitor.Wait(_lock);
                }
            }
            return !_closed;
        }
    }

    /// <summary>Waits for samples and takes them out.</summary>
    /// <param name="written">When the newest of them was written, in ticks of <see cref="Stopwatch"/>.</param>
    /// <returns>How many; 0 once the ring is closed and empty.</returns>
    public int Read(Span<float> samples, out long written)
    {
        lock (_lock)
        {
            while (_count == 0 && !_closed)
            {
                Monitor.Wait(_lock);
            }
            int take = Math.Min(samples.Length, _count);
            for (int i = 0; i < take; i++)
            {
                samples[i] = _samples[_first];
                _first = _first + 1 == _samples.Length ? 0 : _first + 1;
            }
            _count -= take;
            written = _newest;
            PayOwed();
            Monitor.PulseAll(_lock);
            return take;
        }
    }

    /// <summary>Ends the waiting on both sides; what is in the ring is still given out.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Missing samples in place of dropped ones.</summary>
    private void PayOwed()
    {
        for (; _owed > 0 && _count < _samples.Length; _owed--)
        {
            Append(float.NaN);
        }
    }

    private void Append(float sample)
    {
        int at = _first + _count;
        _samples[at >= _samples.Length ? at - _samples.Length : at] = sample;
        _count++;
    }
}
