using System.Runtime.ExceptionServices;

namespace Edge.Kernels.Threading;

/// <summary>
/// A fixed set of threads for one session. Work is split into numbered chunks: each thread claims those of its own range one
/// by one and then helps with the others (<see cref="ChunkRanges"/>). A run waits for the threads that take part in it, not for
/// one that has no core to wake on: on a busy machine that one's range is done by the others. Threads spin for microseconds
/// after work and then park: an idle pool uses no processor time. <see cref="Run"/> allocates nothing and is called by one
/// thread at a time.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    private const long NextRun = 1L << 32;
    private const long Closed = 1L << 31;
    private const long Workers = Closed - 1;

    private readonly int _spins;
    private readonly Thread[] _threads;
    // One semaphore and one flag per thread: with a shared one, a thread that parks again could take the permit of one that has not woken yet.
    private readonly SemaphoreSlim[] _wakes;
    private readonly int[] _parked;
    // Semaphores make their locks at once; an event would allocate one in the first run that has to wait.
    private readonly SemaphoreSlim _done = new(0);
    private readonly ChunkRanges _chunks;
    private int _callerWaits;
    private delegate*<object, void*, int, void> _body;
    private object _owner = new();
    private void* _state;
    private Exception? _failure;
    // Number of the run, whether it is closed to threads that come late, and how many work on it besides the caller.
    private long _turn = Closed;
    private volatile bool _stopped;

    /// <param name="threads">Threads that work on a run, the caller's included; at least 1.</param>
    /// <param name="policy">How long threads spin before they park, and on which cores of a machine with two kinds they run.</param>
    public WorkerPool(int threads, PowerPolicy policy = PowerPolicy.Balanced)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _chunks = new ChunkRanges(threads);
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
        _chunks.Deal(chunks, Threads);
        _failure = null;
        // Nobody works on the last run any more. The exchange is a barrier: a thread that parks meanwhile is seen here, or sees the run.
        Interlocked.Exchange(ref _turn, (_turn & ~(Closed | Workers)) + NextRun);
        WakeParked();
        Claim(0);
        Interlocked.Or(ref _turn, Closed);
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
        Interlocked.MemoryBarrier();
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
        long seen = 0;
        while (true)
        {
            seen = WaitForRunAfter(seen, worker);
            if (_stopped)
            {
                return;
            }
            if (TryJoin())
            {
                Claim(worker + 1);
                Leave();
            }
        }
    }

    /// <summary>Takes part in the run that is open; false where none is.</summary>
    private bool TryJoin()
    {
        long turn = Volatile.Read(ref _turn);
        while ((turn & Closed) == 0)
        {
            long before = Interlocked.CompareExchange(ref _turn, turn + 1, turn);
            if (before == turn)
            {
                return true;
            }
            turn = before;
        }
        return false;
    }

    private void Leave()
    {
        long turn = Interlocked.Decrement(ref _turn);
        // The caller may have given up spinning: whoever takes the flag back decides whether it is woken.
        if ((turn & (Closed | Workers)) == Closed && Interlocked.Exchange(ref _callerWaits, 0) != 0)
        {
            _done.Release();
        }
    }

    private void WaitForWorkers()
    {
        for (int spin = 0; spin < _spins; spin++)
        {
            if (!HasWorkers())
            {
                return;
            }
            Thread.SpinWait(8);
        }
        bool waits;
        do
        {
            Interlocked.Exchange(ref _callerWaits, 1);
            waits = HasWorkers();
            // A thread that was held up as it left an earlier run may take the flag of this one: look again after it has.
            if (waits || Interlocked.Exchange(ref _callerWaits, 0) == 0)
            {
                _done.Wait();
            }
        }
        while (waits);
    }

    /// <summary>Waits for a run later than <paramref name="seen"/>, or for the end; returns its number.</summary>
    private long WaitForRunAfter(long seen, int worker)
    {
        for (int spin = 0; spin < _spins; spin++)
        {
            if (RunNumber() != seen || _stopped)
            {
                return RunNumber();
            }
            Thread.SpinWait(8);
        }
        while (RunNumber() == seen && !_stopped)
        {
            Interlocked.Exchange(ref _parked[worker], 1);
            // A run that started between the check and the exchange has not seen this thread parked: look again.
            if (RunNumber() == seen && !_stopped)
            {
                _wakes[worker].Wait();
            }
            Interlocked.Exchange(ref _parked[worker], 0);
        }
        return RunNumber();
    }

    private bool HasWorkers() => (Volatile.Read(ref _turn) & Workers) != 0;

    private long RunNumber() => Volatile.Read(ref _turn) / NextRun;

    private void Claim(int thread)
    {
        try
        {
            while (_chunks.TryClaim(thread, out int chunk))
            {
                _body(_owner, _state, chunk);
            }
        }
        catch (Exception exception)
        {
            _failure ??= exception;
            _chunks.Close();
        }
    }
}
