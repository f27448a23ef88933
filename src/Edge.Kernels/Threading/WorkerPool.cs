namespace Edge.Kernels.Threading;

/// <summary>
/// A fixed set of threads for one session. Work is split into numbered chunks that threads claim one by one, so a thread
/// that loses its core delays the others by one chunk at most. Threads spin for microseconds after work and then park:
/// an idle pool uses no processor time. <see cref="Run"/> allocates nothing and is called by one thread at a time.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    private const int SpinsBeforeParking = 2000;

    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly ManualResetEventSlim _done = new(true, SpinsBeforeParking);
    private delegate*<object, void*, int, void> _body;
    private object _owner = new();
    private void* _state;
    private Exception? _failure;
    private int _chunks;
    private int _next;
    private int _busy;
    private volatile int _epoch;
    private volatile int _parked;
    private volatile bool _stopped;

    /// <param name="threads">Threads that work on a run, the caller's included; at least 1.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"edge worker {i + 1}" };
            _threads[i].Start();
        }
    }

    /// <summary>Threads that work on a run, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>A pool of the calling thread alone.</summary>
    public static WorkerPool Single { get; } = new(1);

    /// <summary>
    /// Calls <paramref name="body"/>(<paramref name="owner"/>, <paramref name="state"/>, i) for every i in
    /// [0, <paramref name="chunks"/>) and returns when all have finished. The first exception of a chunk is rethrown.
    /// </summary>
    public void Run(object owner, void* state, delegate*<object, void*, int, void> body, int chunks)
    {
        if (Threads == 1 || chunks <= 1)
        {
            for (int i = 0; i < chunks; i++)
            {
                body(owner, state, i);
            }
            return;
        }
        _owner = owner;
        _state = state;
        _body = body;
        _chunks = chunks;
        _failure = null;
        _next = 0;
        _busy = _threads.Length;
        _done.Reset();
        Interlocked.Increment(ref _epoch);
        int parked = _parked;
        if (parked > 0)
        {
            _wake.Release(parked);
        }
        Claim();
        _done.Wait();
        if (_failure is not null)
        {
            throw new InvalidOperationException("a kernel failed on a worker thread", _failure);
        }
    }

    public void Dispose()
    {
        if (_stopped)
        {
            return;
        }
        _stopped = true;
        Interlocked.Increment(ref _epoch);
        _wake.Release(_threads.Length + 1);
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
        _wake.Dispose();
        _done.Dispose();
    }

    private void Work()
    {
        int seen = 0;
        while (true)
        {
            WaitForEpochAfter(seen);
            if (_stopped)
            {
                return;
            }
            // Run waits for every worker before it starts another epoch, so none can be skipped.
            seen = _epoch;
            Claim();
            if (Interlocked.Decrement(ref _busy) == 0)
            {
                _done.Set();
            }
        }
    }

    private void WaitForEpochAfter(int seen)
    {
        for (int spin = 0; spin < SpinsBeforeParking; spin++)
        {
            if (_epoch != seen || _stopped)
            {
                return;
            }
            Thread.SpinWait(8);
        }
        while (_epoch == seen && !_stopped)
        {
            Interlocked.Increment(ref _parked);
            // A run that started between the check and the increment has not counted this thread: look again.
            if (_epoch == seen && !_stopped)
            {
                _wake.Wait();
            }
            Interlocked.Decrement(ref _parked);
        }
    }

    private void Claim()
    {
        try
        {
            for (int i = Interlocked.Increment(ref _next) - 1; i < _chunks; i = Interlocked.Increment(ref _next) - 1)
            {
                _body(_owner, _state, i);
            }
        }
        catch (Exception exception)
        {
            _failure ??= exception;
            _next = _chunks;
        }
    }
}
