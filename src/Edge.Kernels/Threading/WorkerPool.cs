using System.Runtime.ExceptionServices;

namespace Edge.Kernels.Threading;

/// <summary>
/// A fixed set of threads for one session. Work is split into numbered chunks that threads claim one by one, so a thread
/// that loses its core delays the others by one chunk at most. Threads spin for microseconds after work and then park:
/// an idle pool uses no processor time. <see cref="Run"/> allocates nothing and is called by one thread at a time.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    private readonly int _spins;
    private readonly Thread[] _threads;
    // One semaphore and one flag per thread: with a shared one, a thread that parks again could take the permit of one that has not woken yet.
    private readonly SemaphoreSlim[] _wakes;
    private readonly int[] _parked;
    // Semaphores make their locks at once; an event would allocate one in the first run that has to wait.
    private readonly SemaphoreSlim _done = new(0);
    private int _callerWaits;
    private delegate*<object, void*, int, void> _body;
    private object _owner = new();
    private void* _state;
    private Exception? _failure;
    private int _chunks;
    private int _next;
    private volatile int _busy;
    private volatile int _epoch;
    private volatile bool _stopped;

    /// <param name="threads">Threads that work on a run, the caller's included; at least 1.</param>
    /// <param name="policy">How long threads spin before they park, and on which cores of a machine with two kinds they run.</param>
    public WorkerPool(int threads, PowerPolicy policy = PowerPolicy.Balanced)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        // A spin takes some ten to forty nanoseconds.
        _spins = policy switch
        {
            PowerPolicy.Latency => 40_000,
            PowerPolicy.Eco => 0,
            _ => 2_000,
        };
        int[] cores = CpuTopology.Current.IsHeterogeneous ? CpuTopology.Current.CoresFor(policy) : [];
        _threads = new Thread[threads - 1];
        _wakes = new SemaphoreSlim[threads - 1];
        _parked = new int[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i;
            _wakes[i] = new SemaphoreSlim(0);
            _threads[i] = new Thread(() => Work(worker, cores)) { IsBackground = true, Name = $"edge worker {i + 1}" };
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
        Interlocked.Increment(ref _epoch);
        WakeParked();
        Claim();
        WaitForWorkers();
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
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
        WakeParked();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
        foreach (SemaphoreSlim wake in _wakes)
        {
            wake.Dispose();
        }
        _done.Dispose();
    }

    private void WakeParked()
    {
        for (int i = 0; i < _parked.Length; i++)
        {
            if (Interlocked.Exchange(ref _parked[i], 0) != 0)
            {
                _wakes[i].Release();
            }
        }
    }

    private void Work(int worker, int[] cores)
    {
        if (cores.Length > 0)
        {
            ThreadAffinity.Restrict(cores);
        }
        int seen = 0;
        while (true)
        {
            WaitForEpochAfter(seen, worker);
            if (_stopped)
            {
                return;
            }
            // Run waits for every worker before it starts another epoch, so none can be skipped.
            seen = _epoch;
            Claim();
            if (Interlocked.Decrement(ref _busy) == 0)
            {
                // The caller may have given up spinning: whoever takes the flag back decides whether it is woken.
                if (Interlocked.Exchange(ref _callerWaits, 0) != 0)
                {
                    _done.Release();
                }
            }
        }
    }

    private void WaitForWorkers()
    {
        for (int spin = 0; spin < _spins; spin++)
        {
            if (_busy == 0)
            {
                return;
            }
            Thread.SpinWait(8);
        }
        Interlocked.Exchange(ref _callerWaits, 1);
        if (_busy != 0 || Interlocked.Exchange(ref _callerWaits, 0) == 0)
        {
            _done.Wait();
        }
    }

    private void WaitForEpochAfter(int seen, int worker)
    {
        for (int spin = 0; spin < _spins; spin++)
        {
            if (_epoch != seen || _stopped)
            {
                return;
            }
            Thread.SpinWait(8);
        }
        while (_epoch == seen && !_stopped)
        {
            Interlocked.Exchange(ref _parked[worker], 1);
            // A run that started between the check and the exchange has not seen this thread parked: look again.
            if (_epoch == seen && !_stopped)
            {
                _wakes[worker].Wait();
            }
            Interlocked.Exchange(ref _parked[worker], 0);
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
