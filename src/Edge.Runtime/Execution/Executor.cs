using System.Diagnostics;
using System.Runtime.InteropServices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>
/// Runs a plan over and over. Addresses are fixed when it is made: a run is a loop of kernel calls and allocates nothing,
/// unless the plan has late steps.
/// </summary>
public sealed unsafe class Executor : IDisposable
{
    private readonly ExecutionPlan _plan;
    private readonly WorkerPool _pool;
    private readonly AlignedBuffer? _memory;
    private readonly DeviceRunner? _device;
    private readonly byte* _arena;
    private readonly LateExecutor _late;
    private readonly nint[][] _addresses;
    private GCHandle[] _pins = [];

    /// <param name="maxArenaBytes">Most bytes for the arena and, in each run, the outputs of late steps.</param>
    /// <param name="device">Computes the plan's device steps; must outlive the executor.</param>
    /// <exception cref="EdgeException">The arena is larger than <paramref name="maxArenaBytes"/>, or the device cannot run the plan.</exception>
    public Executor(ExecutionPlan plan, WorkerPool pool, long maxArenaBytes = long.MaxValue, IDevice? device = null)
    {
        if (plan.ArenaBytes > maxArenaBytes)
        {
            throw new EdgeException(EdgeError.OutOfMemory, $"the plan needs an arena of {plan.ArenaBytes} bytes, {maxArenaBytes} are allowed", "allow more memory, or reduce the input size");
        }
        _plan = plan;
        _pool = pool;
        if (plan.Stages.Any(s => s.IsOnDevice))
        {
            _device = new DeviceRunner(plan, device ?? throw new EdgeException(EdgeError.DeviceMissing, "the plan has steps for a device, and there is none"));
            _arena = _device.Host;
        }
        else
        {
            _memory = new AlignedBuffer(plan.ArenaBytes);
            _arena = _memory.Data;
        }
        _late = new LateExecutor(plan.Query, pool, Address, maxArenaBytes - plan.ArenaBytes);
        _addresses = [.. plan.Steps.Select(StepAddresses)];
        _pins = [.. _addresses.Select(a => GCHandle.Alloc(a, GCHandleType.Pinned))];
    }

    /// <summary>Where the value at <paramref name="location"/> starts; null for late values that are not computed yet.</summary>
    public byte* Address(Location location)
    {
        if (location.Constant is { } constant)
        {
            return constant.Data;
        }
        if (location.Variable is { } variable)
        {
            return variable.Data;
        }
        return location.Buffer is { } buffer ? _arena + buffer.Offset + location.Offset : location.LateTensor is { } late ? late.Data : null;
    }

    /// <summary>Type and shape of the value at <paramref name="location"/>; known for late values only after a run.</summary>
    public static TensorInfo Info(Location location) => location.IsLate ? location.LateTensor?.Info ?? TensorInfo.Unknown : location.Value.Info;

    /// <summary>Runs all steps. Inputs must have been copied to their addresses.</summary>
    public void Run(Profiler? profiler = null)
    {
        _late.BeginRun();
        for (int i = 0; i < _plan.Stages.Count; i++)
        {
            PlanStage stage = _plan.Stages[i];
            if (stage.IsOnDevice && profiler is null)
            {
                _device!.Run(i);
                continue;
            }
            for (int step = stage.First; step < stage.First + stage.Count; step++)
            {
                long start = profiler is null ? 0 : Stopwatch.GetTimestamp();
                RunStep(stage, step);
                profiler?.Record(step, Stopwatch.GetTimestamp() - start);
            }
        }
        profiler?.EndRun();
    }

    public void Dispose()
    {
        foreach (GCHandle pin in _pins)
        {
            pin.Free();
        }
        _pins = [];
        _memory?.Dispose();
        _device?.Dispose();
    }

    private void RunStep(PlanStage stage, int index)
    {
        if (stage.IsOnDevice)
        {
            _device!.RunStep(stage, index);
            return;
        }
        PlanStep step = _plan.Steps[index];
        try
        {
            if (step.Kernel is not { } kernel)
            {
                _late.Run(step);
                return;
            }
            fixed (nint* addresses = _addresses[index])
            {
                byte** inputs = (byte**)addresses;
                byte* scratch = step.Scratch is { } buffer ? _arena + buffer.Offset : null;
                kernel.Run(new KernelContext(inputs, inputs + step.Inputs.Length, scratch, _pool));
            }
        }
        catch (KernelValueException exception)
        {
            throw new EdgeException(EdgeError.BadValue, exception.Message, place: step.Node.Place, inner: exception);
        }
    }

    /// <summary>Input addresses, then output addresses.</summary>
    private nint[] StepAddresses(PlanStep step)
    {
        // At least one element, so that pinning gives a pointer.
        var addresses = new nint[Math.Max(1, step.Inputs.Length + step.Outputs.Length)];
        for (int i = 0; i < step.Inputs.Length; i++)
        {
            addresses[i] = step.Inputs[i] is { } input ? (nint)Address(input) : 0;
        }
        for (int i = 0; i < step.Outputs.Length; i++)
        {
            addresses[step.Inputs.Length + i] = (nint)Address(step.Outputs[i]);
        }
        return addresses;
    }
}
