using System.Collections.Concurrent;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;

namespace Edge.Testing;

/// <summary>Runs one kernel outside any plan: how every row of every table is tested.</summary>
public static unsafe class KernelRunner
{
    /// <summary>Pools that no run uses now, by their number of threads. To start a thread takes longer than most runs do, under emulation above all.</summary>
    private static readonly ConcurrentDictionary<int, ConcurrentBag<WorkerPool>> Idle = new();

    /// <summary>Runs <paramref name="kernel"/> and returns its outputs.</summary>
    /// <param name="constants">Which inputs the kernel may treat as constants (weights); null = none.</param>
    /// <param name="threads">Threads of the pool.</param>
    public static Tensor[] Run(Kernel kernel, Tensor?[] inputs, TensorInfo[] outputs, bool[]? constants = null, int threads = 1)
    {
        kernel.BindConstants([.. inputs.Select((t, i) => constants is not null && constants[i] ? t : null)]);
        using var scratch = new AlignedBuffer(kernel.ScratchBytes);
        // Garbage in scratch and outputs: a kernel may not rely on zeros.
        new Span<byte>(scratch.Data, (int)kernel.ScratchBytes).Fill(0xA5);
        Tensor[] results = [.. outputs.Select(Tensor.Allocate)];
        foreach (Tensor result in results)
        {
            result.ByteSpan().Fill(0xA5);
        }
        var inputAddresses = new byte*[Math.Max(1, inputs.Length)];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputAddresses[i] = inputs[i] is { } tensor ? tensor.Data : null;
        }
        var outputAddresses = new byte*[Math.Max(1, results.Length)];
        for (int i = 0; i < results.Length; i++)
        {
            outputAddresses[i] = results[i].Data;
        }
        fixed (byte** sources = inputAddresses)
        fixed (byte** targets = outputAddresses)
        {
            ConcurrentBag<WorkerPool> pools = Idle.GetOrAdd(threads, _ => []);
            WorkerPool pool = pools.TryTake(out WorkerPool? idle) ? idle : new WorkerPool(threads);
            kernel.Run(new KernelContext(sources, targets, scratch.Data, pool));
            pools.Add(pool);
        }
        GC.KeepAlive(inputs);
        return results;
    }
}
