using Edge.Kernels.Devices;
using Edge.Kernels.Tensors;
using Edge.Runtime.Devices;
using Edge.Runtime.Diagnostics;
using Edge.Runtime.Planning;

namespace Edge.Runtime.Execution;

/// <summary>
/// The device's part of a plan: its arena, its constants, and for every device stage a list of commands that is recorded once and
/// handed over in one submission per run.
/// </summary>
internal sealed unsafe class DeviceRunner : IDisposable
{
    private readonly ExecutionPlan _plan;
    private readonly IDevice _device;
    private readonly IDeviceArena _arena;
    private readonly DeviceConstants _constants;
    private readonly ICommandList?[] _stages;
    private readonly Dictionary<int, ICommandList> _steps = [];

    /// <exception cref="EdgeException">The device cannot run the plan; nothing of it is left behind.</exception>
    public DeviceRunner(ExecutionPlan plan, IDevice device)
    {
        _plan = plan;
        _device = device;
        _stages = new ICommandList?[plan.Stages.Count];
        _arena = device.AllocateArena(plan.ArenaBytes);
        try
        {
            _constants = new DeviceConstants(plan, device);
            for (int i = 0; i < _stages.Length; i++)
            {
                PlanStage stage = plan.Stages[i];
                if (stage.IsOnDevice)
                {
                    _stages[i] = Record(stage.First, stage.Count, stage.Uploads, stage.Downloads);
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The host's side of the arena.</summary>
    public byte* Host => _arena.Host;

    /// <summary>Runs a stage in one submission.</summary>
    public void Run(int stage) => _stages[stage]!.Run();

    /// <summary>Runs one step of a stage in a submission of its own, with the copies that belong to it: for profiles.</summary>
    public void RunStep(PlanStage stage, int step)
    {
        if (!_steps.TryGetValue(step, out ICommandList? commands))
        {
            commands = Record(
                step,
                1,
                step == stage.First ? stage.Uploads : [],
                step == stage.First + stage.Count - 1 ? stage.Downloads : []);
            _steps[step] = commands;
        }
        commands.Run();
    }

    public void Dispose()
    {
        foreach (ICommandList? commands in _stages.Concat(_steps.Values))
        {
            commands?.Dispose();
        }
        _constants?.Dispose();
        _arena.Dispose();
    }

    private ICommandList Record(int first, int count, IReadOnlyList<ArenaRange> uploads, IReadOnlyList<ArenaRange> downloads)
    {
        ICommandList commands = _device.CreateCommands(_arena);
        try
        {
            foreach (ArenaRange range in uploads.Where(r => r.Bytes > 0))
            {
                commands.Upload(range.Offset, range.Bytes);
            }
            var hazards = new DeviceHazards(commands, uploads.Count > 0);
            for (int i = first; i < first + count; i++)
            {
                Record(commands, hazards, _plan.Steps[i]);
            }
            commands.Barrier();
            foreach (ArenaRange range in downloads.Where(r => r.Bytes > 0))
            {
                commands.Download(range.Offset, range.Bytes);
            }
            commands.Finish();
            return commands;
        }
        catch
        {
            commands.Dispose();
            throw;
        }
    }

    private void Record(ICommandList commands, DeviceHazards hazards, PlanStep step)
    {
        var kernel = (DeviceKernel)step.Kernel!;
        try
        {
            foreach (DeviceDispatch dispatch in kernel.Dispatches)
            {
                IDeviceProgram program = _device.Build(dispatch.Source, dispatch.Constants);
                DeviceBinding[] bindings = [.. dispatch.Operands.Select(o => Bind(step, kernel, o))];
                hazards.Before(dispatch, bindings, _arena);
                commands.Dispatch(program, bindings, dispatch.Arguments, dispatch.Groups);
            }
        }
        catch (EdgeException exception)
        {
            throw exception.At(step.Node.Place);
        }
    }

    private DeviceBinding Bind(PlanStep step, DeviceKernel kernel, Operand operand) => operand.Kind switch
    {
        OperandKind.Packed => _constants.Find(kernel.Packed[operand.Index]),
        OperandKind.Scratch => new DeviceBinding(_arena, step.Scratch!.Offset + operand.Offset, step.Scratch.Bytes - operand.Offset),
        OperandKind.Input when step.Inputs[operand.Index]!.Constant is { } constant => _constants.Find(constant),
        OperandKind.Input => At(step.Inputs[operand.Index]!, operand.Offset),
        _ => At(step.Outputs[operand.Index], operand.Offset),
    };

    private DeviceBinding At(Location location, long offset) =>
        new(_arena, (location.Buffer ?? throw new EdgeException(EdgeError.DeviceUnsupported, $"'{location.Value.Name}' changes between runs, which devices do not know", "use --backend cpu")).Offset + location.Offset + offset, location.Value.Info.Bytes - offset);
}
