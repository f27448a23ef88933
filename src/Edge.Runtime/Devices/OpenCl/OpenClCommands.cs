using Edge.Kernels.Devices;
using Edge.Runtime.Diagnostics;
using Silk.NET.OpenCL;

namespace Edge.Runtime.Devices.OpenCl;

/// <summary>Kernels with their arguments set, enqueued one after the other in an in-order queue; the host waits once, at the end.</summary>
internal sealed unsafe class OpenClCommands : ICommandList
{
    private readonly OpenClDevice _device;
    private readonly OpenClArena _arena;
    private readonly List<Command> _commands = [];
    private Command[] _ready = [];
    private bool _disposed;

    public OpenClCommands(OpenClDevice device, OpenClArena arena)
    {
        _device = device;
        _arena = arena;
        device.LiveObjects++;
    }

    private enum Kind
    {
        Launch,
        Upload,
        Download,
    }

    public void Upload(long offset, long bytes) => AddCopy(Kind.Upload, offset, bytes);

    public void Download(long offset, long bytes) => AddCopy(Kind.Download, offset, bytes);

    public void Dispatch(IDeviceProgram program, ReadOnlySpan<DeviceBinding> bindings, ReadOnlySpan<int> arguments, Groups groups)
    {
        KernelSource source = program.Source;
        int error;
        var built = (OpenClProgram)program;
        nint kernel = OpenClApi.Cl.CreateKernel(built.Handle, source.EntryPoint, &error);
        OpenClApi.Check(error, $"clCreateKernel({source.Name})");
        _commands.Add(new Command(Kind.Launch, kernel, 0, 0, (nuint)(groups.X * source.GroupSize), (nuint)groups.Y, (nuint)groups.Z, (nuint)source.GroupSize));
        uint index = 0;
        foreach (DeviceBinding binding in bindings)
        {
            nint buffer = binding.Memory is OpenClArena arena ? arena.Buffer : ((OpenClMemory)binding.Memory).Buffer;
            OpenClApi.Check(OpenClApi.Cl.SetKernelArg(kernel, index++, (nuint)sizeof(nint), &buffer), "clSetKernelArg");
        }
        foreach (DeviceBinding binding in bindings)
        {
            SetWord(kernel, index++, (int)(binding.Offset / sizeof(int)));
        }
        foreach (int word in (ReadOnlySpan<int>)[.. arguments, .. built.Constants])
        {
            SetWord(kernel, index++, word);
        }
    }

    /// <summary>The queue is in order.</summary>
    public void Barrier()
    {
    }

    public void Finish() => _ready = [.. _commands];

    public void Run()
    {
        _device.Submissions++;
        CL cl = OpenClApi.Cl;
        try
        {
            foreach (ref readonly Command command in _ready.AsSpan())
            {
                OpenClApi.Check(Enqueue(cl, command), "an OpenCL command");
            }
        }
        finally
        {
            // Whatever went wrong, nothing may still work on memory that is freed next.
            int error = cl.Finish(_device.Queue);
            if (error != 0)
            {
                throw new EdgeException(EdgeError.DeviceLost, $"{_device.Info.Name} does not finish its work (OpenCL error {error})", "open the device again, or use --backend cpu");
            }
        }
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        foreach (Command command in _commands.Where(c => c.Kind == Kind.Launch))
        {
            _ = OpenClApi.Cl.ReleaseKernel(command.Kernel);
        }
        _commands.Clear();
        _ready = [];
        _device.LiveObjects--;
    }

    private static void SetWord(nint kernel, uint index, int word) =>
        OpenClApi.Check(OpenClApi.Cl.SetKernelArg(kernel, index, sizeof(int), &word), "clSetKernelArg");

    private void AddCopy(Kind kind, long offset, long bytes) => _commands.Add(new Command(kind, 0, (nuint)offset, (nuint)bytes, 0, 0, 0, 0));

    private int Enqueue(CL cl, in Command command)
    {
        nint queue = _device.Queue;
        if (command.Kind == Kind.Launch)
        {
            nuint* size = stackalloc nuint[3] { command.X, command.Y, command.Z };
            nuint* local = stackalloc nuint[3] { command.Local, 1, 1 };
            return cl.EnqueueNdrangeKernel(queue, command.Kernel, 3, null, size, local, 0, null, null);
        }
        byte* host = _arena.Host + command.Offset;
        if (!_arena.IsShared)
        {
            return command.Kind == Kind.Upload
                ? cl.EnqueueWriteBuffer(queue, _arena.Buffer, false, command.Offset, command.Bytes, host, 0, null, null)
                : cl.EnqueueReadBuffer(queue, _arena.Buffer, false, command.Offset, command.Bytes, host, 0, null, null);
        }
        // Shared memory: mapping and unmapping moves nothing, it only says whose turn it is.
        int error;
        MapFlags flags = command.Kind == Kind.Upload ? MapFlags.WriteInvalidateRegion : MapFlags.Read;
        void* mapped = cl.EnqueueMapBuffer(queue, _arena.Buffer, false, flags, command.Offset, command.Bytes, 0, null, null, &error);
        return error != 0 ? error : cl.EnqueueUnmapMemObject(queue, _arena.Buffer, mapped, 0, null, null);
    }

    private readonly record struct Command(Kind Kind, nint Kernel, nuint Offset, nuint Bytes, nuint X, nuint Y, nuint Z, nuint Local);
}
