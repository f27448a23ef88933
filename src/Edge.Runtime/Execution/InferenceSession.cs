using System.Buffers;
using Edge.Kernels.Tensors;
using Edge.Kernels.Threading;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Graphs;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>
/// A model ready to compute. Not thread-safe: one session per thread of callers; each has its own arena and threads.
/// </summary>
/// <example><code>
/// using var session = EdgeModel.Open("m.edge").CreateSession();
/// session.Run(input, output); // spans of float: no allocation
/// </code></example>
public sealed unsafe class InferenceSession : IDisposable
{
    private readonly WorkerPool _pool;
    private readonly IDevice? _ownedDevice;
    private readonly SessionOptions _options;
    private readonly Graph? _fallback;
    private readonly Tensor[] _keptInputs = [];
    private Executor _executor;

    /// <param name="graph">Must not change while the session lives.</param>
    /// <exception cref="EdgeException">A node has no kernel, or memory does not suffice.</exception>
    public InferenceSession(Graph graph, SessionOptions? options = null)
        : this(Planner.Plan(graph, (options ?? new SessionOptions()).PlannedKernels, options?.PlacedNodes), options)
    {
        if (Device is not null && _options.FallsBack)
        {
            _fallback = graph;
            _keptInputs = [.. Plan.Inputs.Select(l => Tensor.Allocate(l.Value.Info))];
        }
    }

    /// <param name="plan">Belongs to the session from here on, which disposes it; its rows are chosen already.</param>
    /// <exception cref="EdgeException">Memory does not suffice; the plan is disposed.</exception>
    public InferenceSession(ExecutionPlan plan, SessionOptions? options = null)
    {
        options ??= new SessionOptions();
        _options = options;
        Plan = plan;
        Device = plan.Stages.Any(s => s.IsOnDevice) ? options.Device?.Info : null;
        _pool = new WorkerPool(options.ResolveThreads(), options.ResolvePolicy());
        try
        {
            _executor = new Executor(Plan, _pool, options.MaxArenaBytes, options.Device);
            _ownedDevice = options.OwnsDevice ? options.Device : null;
        }
        catch (OutOfMemoryException exception)
        {
            Plan.Dispose();
            _pool.Dispose();
            throw new EdgeException(EdgeError.OutOfMemory, $"the plan needs an arena of {Plan.ArenaBytes} bytes, the system does not give them", "free memory, or reduce the input size", inner: exception);
        }
        catch
        {
            Plan.Dispose();
            _pool.Dispose();
            throw;
        }
    }

    /// <summary>What is run; another one after a device failed, see <see cref="FallbackReason"/>.</summary>
    public ExecutionPlan Plan { get; private set; }

    /// <summary>Why the session left its device for the processor; null while it did not.</summary>
    public string? FallbackReason { get; private set; }

    /// <summary>The measurements by which the device was chosen; null where none were made.</summary>
    public Placement? Placement { get; internal set; }

    /// <summary>The device of the plan; null where all is on the processor.</summary>
    public DeviceInfo? Device { get; private set; }

    public int Threads => _pool.Threads;

    /// <summary>When set, time per step is recorded.</summary>
    public Profiler? Profiler { get; set; }

    public IReadOnlyList<Value> Inputs => Plan.Graph.Inputs;

    public IReadOnlyList<Value> Outputs => Plan.Graph.Outputs;

    /// <summary>Runs a model with one float32 input and one float32 output. Allocates nothing.</summary>
    /// <param name="input">As many elements as the model's input, row-major.</param>
    /// <param name="output">At least as many elements as the model's output.</param>
    /// <exception cref="EdgeException">Counts or types do not match the model.</exception>
    public void Run(ReadOnlySpan<float> input, Span<float> output)
    {
        RequireCount(1, Plan.Inputs.Count, "input");
        RequireCount(1, Plan.Outputs.Count, "output");
        SetInput(0, input);
        Execute();
        ReadOutput(0, output);
    }

    /// <summary>Runs the model and returns new tensors, one per output.</summary>
    /// <param name="inputs">One per graph input, in order, with the graph's types and shapes.</param>
    public Tensor[] Run(params IReadOnlyList<Tensor> inputs)
    {
        RequireCount(inputs.Count, Plan.Inputs.Count, "input");
        for (int i = 0; i < inputs.Count; i++)
        {
            SetInput(i, inputs[i]);
        }
        Execute();
        var outputs = new Tensor[Plan.Outputs.Count];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = ReadOutput(i);
        }
        return outputs;
    }

    /// <summary>Copies a tensor into input <paramref name="index"/>. Allocates nothing.</summary>
    public void SetInput(int index, Tensor tensor)
    {
        TensorInfo expected = Plan.Inputs[index].Value.Info;
        if (tensor.Type != expected.Type || tensor.Shape != expected.KnownShape)
        {
            throw new EdgeException(
                EdgeError.BadInput,
                $"a tensor {tensor.Info} is given, the model expects {expected}",
                "convert the model with --input-shape for this shape, or reshape the data",
                $"input {index} '{Plan.Inputs[index].Value.Name}'");
        }
        Buffer.MemoryCopy(tensor.Data, _executor.Address(Plan.Inputs[index]), expected.Bytes, expected.Bytes);
        GC.KeepAlive(tensor);
        KeepInput(index);
    }

    /// <summary>Copies values into input <paramref name="index"/>. Allocates nothing.</summary>
    public void SetInput<T>(int index, ReadOnlySpan<T> values) where T : unmanaged
    {
        TensorInfo expected = Plan.Inputs[index].Value.Info;
        if (DataTypes.Of<T>() != expected.Type || values.Length != expected.KnownShape.Count)
        {
            throw new EdgeException(EdgeError.BadInput, $"{values.Length} values of {DataTypes.Of<T>().Name()} are given, the model expects {expected}", place: $"input {index} '{Plan.Inputs[index].Value.Name}'");
        }
        values.CopyTo(new Span<T>(_executor.Address(Plan.Inputs[index]), values.Length));
        KeepInput(index);
    }

    /// <summary>Lets somebody write input <paramref name="index"/> where it lies. Allocates nothing.</summary>
    /// <param name="state">Handed on to <paramref name="write"/>, which then need not capture it.</param>
    internal void WriteInput<T>(int index, T state, SpanAction<byte, T> write)
    {
        write(new Span<byte>(_executor.Address(Plan.Inputs[index]), checked((int)Plan.Inputs[index].Value.Info.Bytes)), state);
        KeepInput(index);
    }

    /// <summary>Computes the outputs from the inputs set before. Inputs have to be set again for the next run.</summary>
    /// <exception cref="EdgeException">A value is illegal, or the device failed and the session does not fall back.</exception>
    public void Execute()
    {
        try
        {
            _executor.Run(Profiler);
        }
        catch (EdgeException exception) when (_fallback is not null && Device is not null && exception.Error is (EdgeError.DeviceLost or EdgeError.DeviceFailed or EdgeError.DeviceOutOfMemory))
        {
            FallBack(exception);
        }
    }

    /// <summary>Copies output <paramref name="index"/> into <paramref name="values"/>. Allocates nothing.</summary>
    public void ReadOutput<T>(int index, Span<T> values) where T : unmanaged
    {
        TensorInfo info = Executor.Info(Plan.Outputs[index]);
        if (DataTypes.Of<T>() != info.Type || values.Length < info.KnownShape.Count)
        {
            throw new EdgeException(EdgeError.BadInput, $"room for {values.Length} values of {DataTypes.Of<T>().Name()} is given, the model computes {info}", place: $"output {index} '{Plan.Outputs[index].Value.Name}'");
        }
        new ReadOnlySpan<T>(_executor.Address(Plan.Outputs[index]), (int)info.KnownShape.Count).CopyTo(values);
    }

    /// <summary>Copies output <paramref name="index"/> into a tensor of its type and shape. Allocates nothing.</summary>
    public void ReadOutput(int index, Tensor tensor)
    {
        TensorInfo info = Executor.Info(Plan.Outputs[index]);
        if (tensor.Type != info.Type || tensor.Shape != info.KnownShape)
        {
            throw new EdgeException(EdgeError.BadInput, $"a tensor {tensor.Info} is given, the model computes {info}", place: $"output {index} '{Plan.Outputs[index].Value.Name}'");
        }
        Buffer.MemoryCopy(_executor.Address(Plan.Outputs[index]), tensor.Data, info.Bytes, info.Bytes);
        GC.KeepAlive(tensor);
    }

    /// <summary>A copy of output <paramref name="index"/> after <see cref="Execute"/>.</summary>
    public Tensor ReadOutput(int index) => ViewOutput(index).Clone();

    /// <summary>Output <paramref name="index"/> where it lies, until the next run.</summary>
    internal Tensor ViewOutput(int index)
    {
        Location location = Plan.Outputs[index];
        return Tensor.Wrap(Executor.Info(location), _executor.Address(location), this);
    }

    public void Dispose()
    {
        _executor.Dispose();
        _pool.Dispose();
        Plan.Dispose();
        _ownedDevice?.Dispose();
    }

    /// <summary>A fallback has to repeat a run whose inputs may be overwritten by then.</summary>
    private void KeepInput(int index)
    {
        if (Device is not null && _keptInputs.Length > 0)
        {
            Tensor kept = _keptInputs[index];
            Buffer.MemoryCopy(_executor.Address(Plan.Inputs[index]), kept.Data, kept.Bytes, kept.Bytes);
        }
    }

    private void FallBack(EdgeException exception)
    {
        ExecutionPlan plan = Planner.Plan(_fallback!, _options.Kernels);
        Executor executor;
        try
        {
            executor = new Executor(plan, _pool, _options.MaxArenaBytes);
        }
        catch
        {
            plan.Dispose();
            throw;
        }
        _executor.Dispose();
        Plan.Dispose();
        _executor = executor;
        Plan = plan;
        Device = null;
        Profiler = null;
        FallbackReason = exception.Message;
        for (int i = 0; i < _keptInputs.Length; i++)
        {
            SetInput(i, _keptInputs[i]);
        }
        _executor.Run();
    }

    private static void RequireCount(int given, int expected, string what)
    {
        if (given != expected)
        {
            throw new EdgeException(EdgeError.BadInput, $"{given} {what}s are given, the model has {expected}");
        }
    }
}
