using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Runtime.Execution;

namespace Edge.Bench.Kernels;

/// <summary>One kernel row on one problem.</summary>
/// <param name="Row">Name of the row.</param>
/// <param name="Problem">The problem in short, for people and for filters.</param>
/// <param name="MultiplyAdds">Work of the direct algorithm; 0 where there is none.</param>
/// <param name="Create">Makes the kernel.</param>
/// <param name="Inputs">Types and shapes; null for an input that is absent.</param>
/// <param name="Constants">Which inputs are weights, one per input.</param>
public sealed record KernelCase(
    string Row, string Problem, long MultiplyAdds, Func<Kernel> Create, TensorInfo?[] Inputs, bool[] Constants, TensorInfo Output)
{
    /// <summary>The kernel with memory for everything, filled with made-up values.</summary>
    public PreparedCase Prepare(int threads) => new(this, threads);

    public override string ToString() => $"{Row} {Problem}";
}

/// <summary>A kernel that is ready to run, again and again.</summary>
public sealed unsafe class PreparedCase : IDisposable
{
    private const int Series = 10;
    private const int RunsPerSeries = 5;

    private readonly Kernel _kernel;
    private readonly WorkerPool _pool;
    private readonly AlignedBuffer _scratch;
    private readonly Tensor?[] _inputs;
    private readonly Tensor _output;
    private readonly byte*[] _addresses;

    internal PreparedCase(KernelCase of, int threads)
    {
        _kernel = of.Create();
        _inputs = [.. of.Inputs.Select((info, i) => info is null ? null : Fill(info, (ulong)i + 1))];
        _kernel.BindConstants([.. _inputs.Select((t, i) => of.Constants[i] ? t : null)]);
        _pool = new WorkerPool(threads);
        _scratch = new AlignedBuffer(_kernel.ScratchBytes);
        _output = Tensor.Allocate(of.Output);
        _addresses = new byte*[_inputs.Length + 1];
        for (int i = 0; i < _inputs.Length; i++)
        {
            _addresses[i] = _inputs[i] is { } input ? input.Data : null;
        }
        _addresses[^1] = _output.Data;
    }

    /// <summary>Bytes that the kernel keeps for its weights.</summary>
    public long PackedBytes => _kernel.PackedBytes;

    /// <summary>Runs the kernel once. Allocates nothing, if the kernel does not.</summary>
    public void Run()
    {
        fixed (byte** addresses = _addresses)
        {
            _kernel.Run(new KernelContext(addresses, addresses + _inputs.Length, _scratch.Data, _pool));
        }
    }

    /// <summary>
    /// Bytes that a run allocates on the managed heap, in whichever thread: the least of several series, because the runtime's
    /// own threads allocate now and then.
    /// </summary>
    public long AllocatedBytes()
    {
        Run();
        long least = long.MaxValue;
        for (int series = 0; series < Series && least > 0; series++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int run = 0; run < RunsPerSeries; run++)
            {
                Run();
            }
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        return (least + RunsPerSeries - 1) / RunsPerSeries;
    }

    public void Dispose()
    {
        _kernel.Dispose();
        _pool.Dispose();
        _scratch.Dispose();
        GC.KeepAlive(_inputs);
        GC.KeepAlive(_output);
    }

    /// <summary>A tensor of the info's layout; made-up inputs are row-major, so as many values as the layout has elements are made.</summary>
    private static Tensor Fill(TensorInfo info, ulong seed)
    {
        Tensor tensor = Tensor.Allocate(info);
        var flat = new TensorInfo(info.Type, new Shape((int)(info.Bytes / info.Type.Size())));
        RandomInputs.Create(flat, seed).ByteSpan().CopyTo(tensor.ByteSpan());
        return tensor;
    }
}
