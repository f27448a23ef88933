using Edge.Kernels.Devices;
using Edge.Kernels.Dispatch;
using Edge.Kernels.Tensors;
using Edge.Runtime.Diagnostics;

namespace Edge.Runtime.Devices;

/// <summary>
/// A compute device that is open. Everything it makes belongs to it and has to be disposed before it. Not thread-safe: one at a time.
/// </summary>
public interface IDevice : IDisposable
{
    DeviceInfo Info { get; }

    /// <summary>What the device is good at; measured at the first use, and kept.</summary>
    DeviceProfile Profile { get; }

    /// <summary>Batches of work handed to the device so far.</summary>
    long Submissions { get; }

    /// <summary>Objects (memory, command lists) that are alive, for tests that look for leaks.</summary>
    int LiveObjects { get; }

    /// <summary>Bytes of the device's memory that this process holds, by the driver's count; null where the driver does not tell.</summary>
    long? ReadUsedBytes();

    /// <summary>Memory for the values of a plan, with its counterpart on the host.</summary>
    /// <exception cref="EdgeException">The device has not enough memory.</exception>
    IDeviceArena AllocateArena(long bytes);

    /// <summary>Memory that is filled once.</summary>
    /// <param name="contents">Tensors and where they start, in bytes.</param>
    /// <exception cref="EdgeException">The device has not enough memory.</exception>
    IDeviceMemory AllocateConstants(long bytes, IReadOnlyList<(Tensor Tensor, long Offset)> contents);

    /// <summary>A program ready to be launched; built once per source and constants, and kept by the device.</summary>
    /// <exception cref="EdgeException">The driver cannot compile it.</exception>
    IDeviceProgram Build(KernelSource source, IReadOnlyList<int> constants);

    /// <summary>An empty list of commands that work on an arena.</summary>
    ICommandList CreateCommands(IDeviceArena arena);
}

/// <summary>Memory on a device.</summary>
public interface IDeviceMemory : IDisposable
{
    long Bytes { get; }
}

/// <summary>
/// The arena of a plan: the same offsets on the device and on the host. Where both share memory they are one; else
/// <see cref="ICommandList.Upload"/> and <see cref="ICommandList.Download"/> copy.
/// </summary>
public unsafe interface IDeviceArena : IDeviceMemory
{
    /// <summary>The host's side; zeroed at first. May be touched while no command list runs.</summary>
    byte* Host { get; }
}

/// <summary>A kernel built for its constants. Belongs to the device.</summary>
public interface IDeviceProgram
{
    KernelSource Source { get; }
}

/// <summary>What a buffer parameter is bound to.</summary>
/// <param name="Offset">Bytes from the start of the memory; a multiple of 4.</param>
/// <param name="Bytes">Bytes that the kernel may touch.</param>
public readonly record struct DeviceBinding(IDeviceMemory Memory, long Offset, long Bytes);

/// <summary>Commands that are recorded once and run often, each run as one submission.</summary>
public interface ICommandList : IDisposable
{
    /// <summary>Copies a stretch of the arena from the host to the device.</summary>
    void Upload(long offset, long bytes);

    /// <summary>Copies a stretch of the arena from the device to the host.</summary>
    void Download(long offset, long bytes);

    /// <summary>Launches a program.</summary>
    /// <param name="bindings">One per buffer of its source.</param>
    /// <param name="arguments">One word per argument of its source.</param>
    void Dispatch(IDeviceProgram program, ReadOnlySpan<DeviceBinding> bindings, ReadOnlySpan<int> arguments, Groups groups);

    /// <summary>What comes after sees the memory as what came before left it.</summary>
    void Barrier();

    /// <summary>Ends the recording.</summary>
    void Finish();

    /// <summary>Runs everything and waits for its end. Allocates nothing.</summary>
    /// <exception cref="EdgeException">The device is lost.</exception>
    void Run();
}
