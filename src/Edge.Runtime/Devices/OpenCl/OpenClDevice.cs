using System.Text;
using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;
using Silk.NET.OpenCL;

namespace Edge.Runtime.Devices.OpenCl;

/// <summary>An OpenCL device with one in-order queue.</summary>
internal sealed unsafe class OpenClDevice : IDevice
{
    /// <summary>Held while devices are asked for and opened: PoCL prepares its devices at the first question, and crashes where another thread asks meanwhile.</summary>
    private static readonly Lock Discovery = new();

    private readonly nint _device;
    private readonly nint _context;
    private readonly Dictionary<string, nint> _programs = new(StringComparer.Ordinal);
    private readonly DiskCache _cache;
    private DeviceProfile? _profile;

    private OpenClDevice(nint device, DeviceInfo info)
    {
        Info = info;
        _device = device;
        _cache = DiskCache.For(info);
        int error;
        _context = OpenClApi.Cl.CreateContext(null, 1, &device, null, null, &error);
        OpenClApi.Check(error, "clCreateContext");
        Queue = OpenClApi.Cl.CreateCommandQueue(_context, device, default(CommandQueueProperties), &error);
        OpenClApi.Check(error, "clCreateCommandQueue");
    }

    public DeviceInfo Info { get; }

    public DeviceProfile Profile => _profile ??= DeviceTuner.Find(this, _cache);

    public long Submissions { get; set; }

    public int LiveObjects { get; set; }

    public nint Queue { get; }

    /// <summary>
    /// Drivers on the processor compile a kernel for seconds, as long as a whole network runs: there, one program serves all constants.
    /// </summary>
    private bool IsGeneric => Info.Kind == DeviceKind.Processor;

    public static IEnumerable<DeviceInfo> List()
    {
        lock (Discovery)
        {
            return [.. OpenClApi.Devices().Select(d => Describe(d.Device, d.Platform))];
        }
    }

    /// <param name="info">As listed; or, for tests, said to be of another kind or with memory of its own.</param>
    public static OpenClDevice Open(DeviceInfo info)
    {
        lock (Discovery)
        {
            return new(OpenClApi.Devices().First(d => Describe(d.Device, d.Platform) with { Kind = info.Kind, SharesMemory = info.SharesMemory } == info).Device, info);
        }
    }

    /// <summary>OpenCL has no such question.</summary>
    public long? ReadUsedBytes() => null;

    public IDeviceArena AllocateArena(long bytes) => new OpenClArena(this, bytes);

    public IDeviceMemory AllocateConstants(long bytes, IReadOnlyList<(Tensor Tensor, long Offset)> contents)
    {
        var memory = new OpenClMemory(this, bytes, MemFlags.ReadOnly, null);
        try
        {
            foreach ((Tensor tensor, long offset) in contents)
            {
                OpenClApi.Check(
                    OpenClApi.Cl.EnqueueWriteBuffer(Queue, memory.Buffer, true, (nuint)offset, (nuint)tensor.Bytes, tensor.Data, 0, null, null), "clEnqueueWriteBuffer");
                GC.KeepAlive(tensor);
            }
        }
        catch
        {
            memory.Dispose();
            throw;
        }
        return memory;
    }

    public IDeviceProgram Build(KernelSource source, IReadOnlyList<int> constants)
    {
        string options = IsGeneric ? "" : string.Join(' ', source.Constants.Select((name, i) => $"-D {name}={constants[i]}"));
        string key = $"{source.Name} {options}";
        if (!_programs.TryGetValue(key, out nint program))
        {
            program = Compile(source, options);
            _programs[key] = program;
        }
        return new OpenClProgram(source, program, IsGeneric ? [.. constants] : []);
    }

    public ICommandList CreateCommands(IDeviceArena arena) => new OpenClCommands(this, (OpenClArena)arena);

    /// <summary>A buffer of this device.</summary>
    public nint CreateBuffer(long bytes, MemFlags flags, void* host)
    {
        if (bytes > Info.MaxBufferBytes)
        {
            throw new EdgeException(EdgeError.DeviceOutOfMemory, $"a buffer of {bytes} bytes is needed, {Info.Name} has buffers of at most {Info.MaxBufferBytes}", "reduce the input size, or use --backend cpu");
        }
        int error;
        nint buffer = OpenClApi.Cl.CreateBuffer(_context, flags, (nuint)Math.Max(bytes, 16), host, &error);
        OpenClApi.Check(error, "clCreateBuffer");
        return buffer;
    }

    public void Dispose()
    {
        foreach (nint program in _programs.Values)
        {
            _ = OpenClApi.Cl.ReleaseProgram(program);
        }
        _programs.Clear();
        _ = OpenClApi.Cl.ReleaseCommandQueue(Queue);
        _ = OpenClApi.Cl.ReleaseContext(_context);
    }

    private static DeviceInfo Describe(nint device, string platform)
    {
        ulong type = OpenClApi.NumberOf(device, OpenClApi.DeviceTypeWord);
        bool shares = (OpenClApi.NumberOf(device, OpenClApi.HostUnifiedMemory) & 0xFFFFFFFF) != 0;
        DeviceKind kind = (type & OpenClApi.TypeGpu) != 0 ? (shares ? DeviceKind.Integrated : DeviceKind.Discrete)
            : (type & OpenClApi.TypeCpu) != 0 ? DeviceKind.Processor : DeviceKind.Other;
        string extensions = OpenClApi.TextOf(device, OpenClApi.Extensions);
        return new DeviceInfo(
            DeviceApi.OpenCl,
            OpenClApi.TextOf(device, OpenClApi.DeviceName),
            $"{platform} {OpenClApi.TextOf(device, OpenClApi.DriverVersion)}",
            kind,
            (long)OpenClApi.NumberOf(device, OpenClApi.GlobalMemSize),
            (long)OpenClApi.NumberOf(device, OpenClApi.MaxMemAllocSize),
            (int)OpenClApi.NumberOf(device, OpenClApi.MaxWorkGroupSize),
            (long)OpenClApi.NumberOf(device, OpenClApi.LocalMemSize),
            (int)OpenClApi.NumberOf(device, OpenClApi.MaxComputeUnits),
            0,
            extensions.Contains("cl_khr_fp16", StringComparison.Ordinal),
            true,
            shares);
    }

    private nint Compile(KernelSource source, string options)
    {
        string text = source.ToOpenCl(IsGeneric);
        string key = $"{options}\n{text}";
        if (_cache.Read(key) is { } kept && TryLoad(kept, options) is { } loaded)
        {
            return loaded;
        }
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        nint program;
        int error;
        fixed (byte* start = bytes)
        {
            byte* line = start;
            nuint length = (nuint)bytes.Length;
            program = OpenClApi.Cl.CreateProgramWithSource(_context, 1, &line, &length, &error);
        }
        OpenClApi.Check(error, "clCreateProgramWithSource");
        nint device = _device;
        error = OpenClApi.Cl.BuildProgram(program, 1, &device, options, null, null);
        if (error != 0)
        {
            string log = OpenClApi.BuildLog(program, _device);
            _ = OpenClApi.Cl.ReleaseProgram(program);
            throw new EdgeException(EdgeError.DeviceCompile, $"{Info.Name} cannot compile the kernel {source.Name} ({error}): {log}", "update the driver, or use --backend cpu");
        }
        Keep(key, program);
        return program;
    }

    /// <summary>A program of a binary that was kept; null where the driver does not take it.</summary>
    private nint? TryLoad(byte[] binary, string options)
    {
        nint device = _device;
        int status;
        int error;
        nint program;
        fixed (byte* start = binary)
        {
            byte* content = start;
            nuint length = (nuint)binary.Length;
            program = OpenClApi.Cl.CreateProgramWithBinary(_context, 1, &device, &length, &content, &status, &error);
        }
        if (error != 0)
        {
            return null;
        }
        if (status == 0 && OpenClApi.Cl.BuildProgram(program, 1, &device, options, null, null) == 0)
        {
            return program;
        }
        _ = OpenClApi.Cl.ReleaseProgram(program);
        return null;
    }

    private void Keep(string key, nint program)
    {
        nuint size = 0;
        if (OpenClApi.Cl.GetProgramInfo(program, (ProgramInfo)OpenClApi.ProgramBinarySizes, (nuint)sizeof(nuint), &size, null) != 0 || size == 0)
        {
            return;
        }
        var binary = new byte[size];
        fixed (byte* start = binary)
        {
            byte* content = start;
            if (OpenClApi.Cl.GetProgramInfo(program, (ProgramInfo)OpenClApi.ProgramBinaries, (nuint)sizeof(nint), &content, null) == 0)
            {
                _cache.Write(key, binary);
            }
        }
    }
}

/// <summary>A program with one kernel.</summary>
/// <param name="Constants">Those that the kernel takes behind its arguments.</param>
internal sealed record OpenClProgram(KernelSource Source, nint Handle, int[] Constants) : IDeviceProgram;
