namespace Edge.Runtime.Streaming;

/// <summary>A queue with a limit, for one reader. Where it is full, the oldest item makes room and is counted.</summary>
public sealed class BoundedQueue<T>
{
    private readonly object _lock = new();
    private readonly Queue<T> _items = new();
    private readonly int _capacity;
    private bool _closed;

    public BoundedQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>Items that made room for newer ones.</summary>
    public long Dropped { get; private set; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _items.Count;
            }
        }
    }

    /// <summary>Adds an item; never waits.</summary>
    public void Add(T item)
    {
        lock (_lock)
        {
            if (_closed)
            {
                Dropped++;
                return;
            }
            if (_items.Count == _capacity)
            {
                _items.Dequeue();
                Dropped++;
            }
            _items.Enqueue(item);
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Waits for an item.</summary>
    /// <returns>False once the queue is closed and empty, or after the time.</returns>
    public bool TryTake(out T item, TimeSpan time)
    {
        lock (_lock)
        {
            if (_items.Count == 0 && !_closed)
            {
                Monitor.Wait(_lock, time);
            }
            return _items.TryDequeue(out item!);
        }
    }

    /// <summary>Whether nothing will come any more.</summary>
    public bool IsFinished
    {
        get
        {
            lock (_lock)
            {
                return _closed && _items.Count == 0;
            }
        }
    }

    /// <summary>Takes no more items; those inside are still given out.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
    }
}
